// Where the files lie that come with the programs.
#pragma once

#include <string>

namespace jupiter {

// A kind of file, and the folder that holds only such files.
struct DataKind {
  const char* what = "";    // "device profile"
  const char* folder = "";  // "devices"
};

// The path of a file that is given by its path or, without .yaml, by the name of a shipped one.
// Looked for in the folder of the file `beside` (if any) and the one of this kind next to it, in
// the working directory, in $JUPITER_DATA and in the folder "experiments" of the sources. Throws
// UserError with the names that there are.
std::string FindDataFile(const DataKind& kind, const std::string& name_or_path,
                         const std::string& beside = "");

// A file of experiments/, "paper/paper.yaml": in $JUPITER_DATA, then in the sources this was built
// from. Throws UserError.
std::string FindExperiment(const std::string& file);

}  // namespace jupiter
