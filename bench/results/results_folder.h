// The folder of --out: rows as cells finish, and what goes on from there after a kill.
//
//   results.jsonl     a row per finished cell (ResultRow), appended and flushed; the same bytes in
//                     every run of a suite whose clock is virtual
//   wall.jsonl        the same of measured cells, whose numbers differ from run to run
//   plans.jsonl, timestamps.jsonl, planner_seconds.jsonl   beside a row, by its name
//   environment.json  the machine and the build
//   run.json          what decides on the rows; another run is not continued here
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/results/result_row.h"

namespace jupiter {

// Keeps other runs out of a folder while it lives.
class FolderLock {
 public:
  explicit FolderLock(const std::string& path);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();
  // By another run.
  bool taken() const { return taken_; }

 private:
  int file_;
  bool taken_;
};

class ResultsFolder {
 public:
  // A line for a side file, such as {"plans", json}.
  using SideLine = std::pair<std::string, std::string>;

  // Makes the folder, or with `resume` takes up what an earlier run of the same `settings` (one
  // line of JSON) left there: a torn last line is discarded, and so are lines of side files whose
  // row was not written. Throws UserError for a folder that has results already (without resume),
  // results of other settings or without any, that another run is writing to, or that cannot be
  // written.
  ResultsFolder(std::string path, const std::string& settings, bool resume);

  // The row of a finished cell, or null.
  const ResultRow* Find(const std::string& name) const;
  // Saves a finished cell: side lines first, so that a row that is there is whole.
  void Add(const ResultRow& row, const std::vector<SideLine>& side);
  // A file of its own, whole.
  void Write(const std::string& file, const std::string& text) const;
  const std::vector<ResultRow>& rows() const { return rows_; }

 private:
  std::string In(const std::string& file) const { return path_ + "/" + file; }
  void TakeUp();
  void Remember(const ResultRow& row);

  std::string path_;
  std::unique_ptr<FolderLock> lock_;
  std::vector<ResultRow> rows_;
  std::map<std::string, std::size_t> by_name_;
};

}  // namespace jupiter
