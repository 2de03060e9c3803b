#include "bench/flags/flag_set.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>
#include <utility>

#include "bench/flags/parse_number.h"
#include "kernels/base/check.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {
namespace {

std::string InOneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// A value as errors show it: what tells it from others, not a whole prompt.
std::string ShortValue(const std::string& value) {
  constexpr std::size_t kMost = 60;
  return InOneLine(value.size() > kMost ? value.substr(0, kMost) + "..." : value);
}

// "--wire" and "-n", as they are typed.
std::vector<std::string> NamesOf(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  return names;
}

bool IsSwitch(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

bool IsAmong(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Whether the word of a command line is this flag, maybe with a value: --wire=f16, -n4.
bool IsWrittenAs(std::string_view word, const std::string& name) {
  if (!word.starts_with(name)) return false;
  const bool is_short = name.size() == 2;
  return is_short || word.size() == name.size() || word[name.size()] == '=';
}

void CheckNotEmpty(const std::string& flag, const std::string& text) {
  if (text.empty()) FailUser("{} is empty; give it a value, or leave it out", flag);
}

}  // namespace

Flag& Flag::ActsUnless(WhyIdle why) {
  why_idle_.push_back(std::move(why));
  return *this;
}

Flag& Flag::ActsIf(std::function<bool()> acts, std::string why_not) {
  return ActsUnless([acts = std::move(acts), why_not = std::move(why_not)] {
    return acts() ? std::string() : why_not;
  });
}

Flag& Flag::SelectsRows() {
  selects_rows_ = true;
  return *this;
}

Flag& Flag::FitsEveryJob() {
  fits_every_job_ = true;
  return *this;
}

Flag& Flag::SameOnAllRanks() {
  agreement_ = Agreement::kValue;
  return *this;
}

Flag& Flag::OnAllRanksOrNone() {
  agreement_ = Agreement::kGiven;
  return *this;
}

Flag& Flag::Required() {
  option_->required();
  return *this;
}

Flag& Flag::AtLeast(double least) {
  JUPITER_CHECK(number_ != nullptr, "{} is no number", name_);
  least_ = least;
  return *this;
}

Flag& Flag::Between(double least, double most) {
  most_ = most;
  return AtLeast(least);
}

Flag& Flag::OneOf(std::vector<std::string> known) {
  known_ = std::move(known);
  return *this;
}

bool Flag::given() const { return option_->count() > 0; }

FlagSet::FlagSet(const std::string& program, const std::string& about, const std::string& after)
    : app_(std::make_unique<CLI::App>(about, program)) {
  app_->footer(after);
}

FlagSet::~FlagSet() = default;

Flag& FlagSet::Declare(CLI::Option* option, std::function<std::string()> value) {
  flags_.emplace_back();
  Flag& flag = flags_.back();
  flag.name_ = option->get_name();
  flag.option_ = option;
  flag.value_ = std::move(value);
  return flag;
}

Flag& FlagSet::Declare(const std::string& names, const std::string& help, const std::string& type,
                       std::function<void(const std::string&, const std::string&)> take,
                       std::function<std::string()> value) {
  // A place in flags_ that Declare fills: a deque does not move what it has.
  const std::size_t place = flags_.size();
  CLI::Option* const option = app_->add_option(
      names,
      [this, place, take = std::move(take)](const CLI::results_t& results) {
        for (const std::string& text : results) take(flags_[place].typed(), text);
        return true;
      },
      help);
  option->type_name(type);
  // Unless the help says in words what that is: "(0: all)".
  if (help.find("(" + value() + ":") == std::string::npos) option->default_str(value());
  return Declare(option, std::move(value));
}

template <typename T>
Flag& FlagSet::AddNumber(const std::string& names, T& value, const std::string& help,
                         const std::string& type) {
  Flag& flag = Declare(
      names, help, type,
      [&value](const std::string& typed, const std::string& text) {
        ParseNumber(typed, text, value);
      },
      [&value] { return fmt::format("{}", value); });
  flag.number_ = [&value] { return static_cast<double>(value); };
  return flag;
}

Flag& FlagSet::Add(const std::string& names, int& value, const std::string& help) {
  return AddNumber(names, value, help, "INT");
}

Flag& FlagSet::Add(const std::string& names, std::int64_t& value, const std::string& help) {
  return AddNumber(names, value, help, "INT");
}

Flag& FlagSet::Add(const std::string& names, std::uint64_t& value, const std::string& help) {
  return AddNumber(names, value, help, "UINT");
}

Flag& FlagSet::Add(const std::string& names, float& value, const std::string& help) {
  return AddNumber(names, value, help, "FLOAT");
}

Flag& FlagSet::Add(const std::string& names, double& value, const std::string& help) {
  return AddNumber(names, value, help, "FLOAT");
}

Flag& FlagSet::Add(const std::string& names, std::optional<int>& value, const std::string& help) {
  Flag& flag = Declare(
      names, help, "INT",
      [&value](const std::string& typed, const std::string& text) {
        ParseNumber(typed, text, value.emplace());
      },
      [&value] { return value ? fmt::format("{}", *value) : ""; });
  flag.number_ = [&value] { return value.value(); };
  return flag;
}

Flag& FlagSet::Add(const std::string& names, std::string& value, const std::string& help) {
  return Declare(
      names, help, "TEXT",
      [&value](const std::string& flag, const std::string& text) {
        CheckNotEmpty(flag, text);
        value = text;
      },
      [&value] { return value; });
}

Flag& FlagSet::Add(const std::string& names, std::optional<std::string>& value,
                   const std::string& help) {
  return Declare(
      names, help, "TEXT",
      [&value](const std::string& flag, const std::string& text) {
        CheckNotEmpty(flag, text);
        value = text;
      },
      [&value] { return value.value_or(""); });
}

Flag& FlagSet::Add(const std::string& names, std::vector<std::string>& value,
                   const std::string& help) {
  CLI::Option* const option = app_->add_option(names, value, help)->delimiter(',');
  if (!value.empty()) option->capture_default_str();
  Flag& flag = Declare(option, [&value] { return fmt::format("{}", fmt::join(value, ",")); });
  flag.list_ = &value;
  return flag;
}

Flag& FlagSet::AddSwitch(const std::string& names, bool& value, const std::string& help) {
  return Declare(app_->add_flag(names, value, help), [&value] { return value ? "true" : "false"; });
}

void FlagSet::Parse(int argc, const char* const* argv) {
  FindTyped(argc, argv);
  CheckHasValues(argc, argv);
  try {
    app_->parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    throw HelpRequest{app_->help()};
  } catch (const CLI::ExtrasError&) {
    FailUnknown(app_->remaining().front());
  } catch (const CLI::ParseError& error) {
    CheckGivenOnce();
    FailParse(error);
  }
  CheckGivenOnce();
  // Names first: reasons speak of them.
  CheckLists();
  RefuseIdle();
  CheckRanges();
}

// CLI11 takes whatever follows for the value, were it another flag.
void FlagSet::CheckHasValues(int argc, const char* const* argv) const {
  const std::vector<std::string> known = AllNames();
  for (const Flag& flag : flags_) {
    if (IsSwitch(*flag.option_)) continue;
    const std::vector<std::string> names = NamesOf(*flag.option_);
    for (int i = 1; i < argc; ++i) {
      const std::string_view word = argv[i];
      if (word.ends_with('=') && IsAmong(names, word.substr(0, word.size() - 1))) {
        CheckNotEmpty(std::string(word.substr(0, word.size() - 1)), "");
      }
      if (!IsAmong(names, word)) continue;
      const std::string_view next = i + 1 < argc ? argv[i + 1] : "";
      if (i + 1 == argc || IsAmong(known, next.substr(0, next.find('=')))) {
        FailUser("{} has no value{}; give it one, or leave it out (see --help)", word,
                 next.empty() ? "" : fmt::format(", {} follows", next));
      }
    }
  }
}

void FlagSet::CheckGivenOnce() const {
  for (const Flag& flag : flags_) {
    const std::size_t times = flag.option_->count();
    if (times < 2 || flag.list_ != nullptr) continue;
    const std::vector<std::string> names = NamesOf(*flag.option_);
    FailUser("{} {} given {} times; give it once", fmt::join(names, ", "),
             names.size() == 1 ? "is" : "are one flag, which is", times);
  }
}

std::vector<std::string> FlagSet::AllNames() const {
  std::vector<std::string> all;
  for (const CLI::Option* option : app_->get_options()) {
    for (std::string& name : NamesOf(*option)) all.push_back(std::move(name));
  }
  return all;
}

void FlagSet::FailUnknown(const std::string& word) const {
  if (!word.starts_with('-')) {
    FailUser("{} stands alone: it belongs to no flag; put text with spaces in quotes (see --help)",
             ShortValue(word));
  }
  const std::string name = word.substr(0, word.find('='));
  std::optional<std::string> nearest;
  if (name.starts_with("--")) nearest = Nearest(name, AllNames());
  FailUser("{} has no flag {}{} (see --help)", app_->get_name(), name,
           nearest ? fmt::format("; did you mean {}?", *nearest) : "");
}

void FlagSet::FailParse(const CLI::ParseError& error) const {
  for (const Flag& flag : flags_) {
    // Of a switch, the one thing that can be wrong is a value.
    if (flag.given() && IsSwitch(*flag.option_) && error.get_name() == "ConversionError") {
      FailUser("{} {}: takes no value; leave that out (see --help)", flag.typed(),
               ShortValue(flag.option_->results().back()));
    }
  }
  FailUser("{} (see --help)", InOneLine(error.what()));
}

void FlagSet::CheckLists() const {
  for (const Flag& flag : flags_) {
    if (!flag.given() || flag.list_ == nullptr) continue;
    std::set<std::string> seen;
    for (const std::string& item : *flag.list_) {
      if (item.empty()) FailUser("{}: one of them is empty", flag.name());
      if (!seen.insert(item).second) FailUser("{}: {} is given twice", flag.name(), item);
      const auto& known = flag.known_;
      if (!known.empty() && std::find(known.begin(), known.end(), item) == known.end()) {
        FailUser("{} {}: expected some of {}", flag.name(), item, fmt::join(known, ", "));
      }
    }
  }
}

void FlagSet::FindTyped(int argc, const char* const* argv) {
  for (Flag& flag : flags_) {
    for (int i = 1; i < argc; ++i) {
      for (const std::string& name : NamesOf(*flag.option_)) {
        if (IsWrittenAs(argv[i], name)) flag.typed_ = name;
      }
    }
  }
}

void FlagSet::RefuseIdle() const {
  for (const Flag& flag : flags_) {
    if (!flag.given()) continue;
    for (const Flag::WhyIdle& why_idle : flag.why_idle_) {
      const std::string why = why_idle();
      if (why.empty()) continue;
      // A switch says with its name what it is.
      const std::string value = IsSwitch(*flag.option_) ? "" : " " + ShortValue(flag.value_());
      const bool advises = why.find("; ") != std::string::npos;
      FailUser("{}{} {}{} leave it out", flag.typed(), value, why, advises ? ", or" : ";");
    }
  }
}

void FlagSet::CheckRanges() const {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const Flag& flag : flags_) {
    if (!flag.given() || !flag.least_) continue;
    const double value = flag.number_();
    // Also of NaN.
    if (value >= *flag.least_ && value <= flag.most_.value_or(kInfinity)) continue;
    FailUser("{} is {}, expected {}", flag.typed(), flag.value_(),
             flag.most_ ? fmt::format("{:.12g} to {:.12g}", *flag.least_, *flag.most_)
                        : fmt::format("at least {:.12g}", *flag.least_));
  }
}

const Flag& FlagSet::Find(std::string_view name) const {
  const auto found = std::find_if(flags_.begin(), flags_.end(),
                                  [&](const Flag& flag) { return flag.name() == name; });
  JUPITER_CHECK(found != flags_.end(), "no flag {}", name);
  return *found;
}

std::set<std::string> FlagSet::given() const {
  std::set<std::string> names;
  for (const Flag& flag : flags_) {
    if (flag.given()) names.insert(flag.name());
  }
  return names;
}

std::vector<std::pair<std::string, std::string>> FlagSet::Values() const {
  std::vector<std::pair<std::string, std::string>> values;
  for (const Flag& flag : flags_) {
    if (!flag.selects_rows_) values.emplace_back(flag.name(), flag.value_());
  }
  return values;
}

std::vector<std::pair<std::string, std::string>> FlagSet::ForAllRanks() const {
  std::vector<std::pair<std::string, std::string>> facts;
  for (const Flag& flag : flags_) {
    switch (flag.agreement_) {
      case Flag::Agreement::kNone: break;
      case Flag::Agreement::kValue: facts.emplace_back(flag.name(), flag.value_()); break;
      case Flag::Agreement::kGiven:
        facts.emplace_back(flag.name(), flag.given() ? "given" : "not given");
        break;
    }
  }
  return facts;
}

}  // namespace jupiter
