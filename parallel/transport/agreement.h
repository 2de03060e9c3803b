// Texts that all ranks share, and errors with which all ranks leave together.
//
// Every rank calls these at the same point of the program, with nothing else in flight on
// Channel::kControl. They throw PeerError when a rank does not come, or sends something else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parallel/transport/transport.h"

namespace jupiter {

// The text of rank `root` on every rank; `text` is read there only.
std::string Broadcast(Transport& transport, std::string text, int root);
// The same for a number, and for yes or no.
int BroadcastNumber(Transport& transport, int number, int root);
bool BroadcastFlag(Transport& transport, bool flag, int root);

// The texts of all ranks, by rank, at rank 0; nothing elsewhere.
std::vector<std::string> Gather(Transport& transport, std::string text);

// The texts of all ranks, by rank, on every rank.
std::vector<std::string> AllGather(Transport& transport, std::string text);

// Texts as one, each with its length in decimal before it ("5:hello"), and back. Split throws
// PeerError, which says only what is wrong, unless there are `count` of them.
std::string JoinTexts(const std::vector<std::string>& texts);
std::vector<std::string> SplitTexts(std::string_view joined, int count);

// Throws the same UserError on every rank if any of them has an error (empty: none): the line alone
// if all ranks say the same, else the first failing rank's line with its name and how many failed.
void AgreeOrThrow(Transport& transport, const std::string& local_error);

}  // namespace jupiter
