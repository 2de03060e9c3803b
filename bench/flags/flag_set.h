// The flags of one program, on top of CLI11.
//
// A program declares every flag once: its names, its variable, its help, whether it can change a
// number that is measured, and when it can act. All that treats flags alike follows from that: what
// is refused, what says which rows are the same measurement, and how messages name a flag.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
class ParseError;
}  // namespace CLI

namespace jupiter {

// --help was asked for: the text is to be printed by rank 0, exit code 0.
struct HelpRequest {
  std::string text;
};

class Flag {
 public:
  // Asked after parsing: why the flag cannot act, in words that follow it, maybe with what to do
  // after a semicolon ("is for drafts; add --draft"); empty where it can.
  using WhyIdle = std::function<std::string()>;

  // It acts unless one of these says why not; the first that does is told.
  Flag& ActsUnless(WhyIdle why);
  Flag& ActsIf(std::function<bool()> acts, std::string why_not);
  // It says which rows are measured, and what a row has is the same whichever others there are: it
  // is not in Values(). By default a flag can change every number.
  Flag& SelectsRows();
  // It says nothing of what is measured, so that it goes with every job.
  Flag& FitsEveryJob();
  // Both: the paths of results, deadlines.
  Flag& ChangesNoNumber() { return SelectsRows().FitsEveryJob(); }
  // It decides on the course of the run, so every rank must have the same value, or, where values
  // are a rank's own (paths), all of them or none: FlagSet::ForAllRanks.
  Flag& SameOnAllRanks();
  Flag& OnAllRanksOrNone();
  Flag& Required();
  // Of numbers, which stay as they are where the flag is not given.
  Flag& AtLeast(double least);
  Flag& Between(double least, double most);
  // Of lists: each of them is one of these.
  Flag& OneOf(std::vector<std::string> known);

  const std::string& name() const { return name_; }  // the first long one, "--n-gen"
  bool given() const;
  // As the user wrote it, "--tokens"; name() where it was not given.
  std::string typed() const { return typed_.empty() ? name_ : typed_; }
  bool fits_every_job() const { return fits_every_job_; }
  bool changes_no_number() const { return selects_rows_ && fits_every_job_; }

 private:
  friend class FlagSet;
  std::string name_;
  CLI::Option* option_ = nullptr;
  std::function<std::string()> value_;  // as text
  std::vector<WhyIdle> why_idle_;
  std::function<double()> number_;  // of one that was given; none for texts
  std::optional<double> least_;
  std::optional<double> most_;
  const std::vector<std::string>* list_ = nullptr;  // of flags that are lists
  std::vector<std::string> known_;                  // empty: any
  bool selects_rows_ = false;
  bool fits_every_job_ = false;
  enum class Agreement : std::uint8_t { kNone, kValue, kGiven };
  Agreement agreement_ = Agreement::kNone;  // of ranks
  std::string typed_;
};

class FlagSet {
 public:
  // `about` stands above the flags in --help, `after` below them.
  FlagSet(const std::string& program, const std::string& about, const std::string& after = "");
  FlagSet(const FlagSet&) = delete;
  FlagSet& operator=(const FlagSet&) = delete;
  ~FlagSet();

  // `names`: "-n,--n-gen,--tokens"; the first long one stands for all, later ones are aliases.
  // Variables have their defaults, and live until Parse has returned. Texts are not empty.
  Flag& Add(const std::string& names, std::string& value, const std::string& help);
  Flag& Add(const std::string& names, std::optional<std::string>& value, const std::string& help);
  Flag& Add(const std::string& names, int& value, const std::string& help);
  Flag& Add(const std::string& names, std::optional<int>& value, const std::string& help);
  Flag& Add(const std::string& names, std::int64_t& value, const std::string& help);
  Flag& Add(const std::string& names, std::uint64_t& value, const std::string& help);
  Flag& Add(const std::string& names, float& value, const std::string& help);
  Flag& Add(const std::string& names, double& value, const std::string& help);
  // Several, comma-separated or one after the other; none is empty or given twice.
  Flag& Add(const std::string& names, std::vector<std::string>& value, const std::string& help);
  // Without a value; "--overlap,!--no-overlap" can also be switched off.
  Flag& AddSwitch(const std::string& names, bool& value, const std::string& help);

  // Sets the variables. Refuses every flag that was given and cannot act, and numbers out of their
  // range. Throws UserError with one line, HelpRequest for --help.
  void Parse(int argc, const char* const* argv);

  std::deque<Flag>& all() { return flags_; }
  const Flag& Find(std::string_view name) const;
  // Names of those that were given.
  std::set<std::string> given() const;
  // Of every flag that can change a number, given or not: its name and its value.
  std::vector<std::pair<std::string, std::string>> Values() const;
  // What ranks must agree on before they work together, by name: see Flag::SameOnAllRanks.
  std::vector<std::pair<std::string, std::string>> ForAllRanks() const;

 private:
  template <typename T>
  Flag& AddNumber(const std::string& names, T& value, const std::string& help,
                  const std::string& type);
  Flag& Declare(CLI::Option* option, std::function<std::string()> value);
  Flag& Declare(const std::string& names, const std::string& help, const std::string& type,
                std::function<void(const std::string& flag, const std::string& text)> take,
                std::function<std::string()> value);
  void FindTyped(int argc, const char* const* argv);
  void CheckHasValues(int argc, const char* const* argv) const;
  void CheckGivenOnce() const;
  std::vector<std::string> AllNames() const;
  [[noreturn]] void FailUnknown(const std::string& word) const;
  [[noreturn]] void FailParse(const CLI::ParseError& error) const;
  void CheckLists() const;
  void RefuseIdle() const;
  void CheckRanges() const;

  std::unique_ptr<CLI::App> app_;
  std::deque<Flag> flags_;  // in the order of --help
};

}  // namespace jupiter
