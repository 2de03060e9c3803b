#include "model/outline/router.h"

#include <algorithm>
#include <initializer_list>

#include "model/outline/question_words.h"

namespace jupiter {
namespace {

using Phrases = std::initializer_list<std::string_view>;

// Holds when the question has one of `any` and, unless it is empty, one of `with`. '^' stands for
// the beginning of a sentence, after polite words.
struct Rule {
  std::string_view reason;
  bool outline = false;
  Phrases any;
  Phrases with;
};

// The first that holds decides.
const Rule kRules[] = {
    {"code",
     false,
     {"write", "implement", "code", "develop", "create", "debug", "refactor", "optimize",
      "optimise", "fix"},
     {"function",   "algorithm",      "subroutine", "regex",    "regular expression",
      "sql",        "html",           "css",        "bash",     "python",
      "java",       "javascript",     "typescript", "c++",      "c#",
      "rust",       "golang",         "api",        "compiler", "unit test",
      "unit tests", "data structure", "source code"}},
    {"code",
     false,
     {"^ write", "^ implement", "^ develop", "^ create", "^ build", "^ design", "^ code", "^ debug",
      "^ fix"},
     {"program", "programme", "script", "class", "method", "query", "web page", "website", "app",
      "software"}},
    {"code", false, {"^ implement", "^ debug", "^ refactor", "stack trace"}, {}},
    {"mathematics",
     false,
     {"^ solve", "solve for", "^ calculate", "^ compute", "^ evaluate", "^ simplify", "^ factor",
      "^ factorise", "^ factorize", "^ prove", "^ integrate", "^ differentiate", "polynomial",
      "square root", "probability that", "hypotenuse", "perimeter"},
     {}},
    {"a quantity",
     false,
     {"how many", "how much", "how far", "how fast", "how tall", "how old", "how often",
      "how long does", "how long did", "how long would", "what percentage", "what fraction",
      "^ estimate"},
     {}},
    {"step by step",
     false,
     {"step by step", "show your work", "show your working", "show the steps", "your reasoning",
      "chain of thought", "think through", "^ derive", "^ deduce", "puzzle", "riddle"},
     {}},
    {"how something works", false, {"^ how do", "^ how does", "^ how did"}, {"work", "works"}},
    {"a given text",
     false,
     {"^ translate",
      "^ rewrite",
      "^ rephrase",
      "^ paraphrase",
      "^ summarize",
      "^ summarise",
      "^ correct",
      "^ proofread",
      "^ edit",
      "^ classify",
      "^ extract",
      "^ convert",
      "^ complete",
      "^ continue",
      "^ fill in",
      "the following text",
      "the following sentence",
      "the following paragraph",
      "the following passage",
      "the following article"},
     {}},
    {"one piece of prose",
     false,
     {"^ write", "^ draft", "^ compose", "^ create", "^ craft", "^ structure", "^ produce",
      "^ generate", "^ prepare", "^ use", "^ tell", "^ design", "^ develop", "^ make", "^ give"},
     {"email",      "e mail",        "letter",     "memo",         "message",       "story",
      "stories",    "poem",          "haiku",      "sonnet",       "limerick",      "song",
      "lyrics",     "rap",           "essay",      "paragraph",    "article",       "post",
      "review",     "script",        "dialogue",   "dialog",       "monologue",     "scene",
      "screenplay", "speech",        "toast",      "eulogy",       "biography",     "headline",
      "slogan",     "tweet",         "caption",    "announcement", "press release", "report",
      "proposal",   "resume",        "novel",      "chapter",      "joke",          "anecdote",
      "diary",      "journal entry", "fairy tale", "description",  "summary"}},
    {"a role to play",
     false,
     {"^ imagine you", "^ imagine that you", "^ pretend", "^ act as", "^ as a", "^ as an",
      "^ if you were", "^ you are", "^ picture yourself", "^ suppose you are", "play the role",
      "role play", "roleplay", "introduce yourself"},
     {}},
    {"several things asked for",
     true,
     {"differences",     "similarities",   "factors",    "ways",          "tips",
      "strategies",      "reasons",        "advantages", "disadvantages", "benefits",
      "drawbacks",       "pros and cons",  "effects",    "impacts",       "implications",
      "consequences",    "causes",         "examples",   "ideas",         "suggestions",
      "recommendations", "methods",        "techniques", "challenges",    "risks",
      "characteristics", "types of",       "kinds of",   "signs",         "symptoms",
      "uses of",         "best practices", "basics of",  "key points",    "main points",
      "aspects"},
     {}},
    {"yes or no, this or that",
     false,
     {"^ is", "^ are", "^ was", "^ were", "^ do", "^ does", "^ did", "^ has", "^ have", "^ had",
      "^ should", "^ will", "^ must", "^ may", "true or false"},
     {}},
    {"a single fact",
     false,
     {"^ who", "^ whom", "^ whose", "^ when", "^ where", "^ which", "^ what is", "^ what's",
      "^ what was", "^ what does", "^ what did", "^ what year", "^ what time", "^ what day",
      "^ name the", "^ find the", "^ define"},
     {}},
    {"an open question",
     true,
     {"^ how",      "^ why",          "^ what if",     "^ what are",     "^ what were",
      "^ what can", "^ what could",   "^ what should", "^ what would",   "^ what might",
      "^ what may", "^ what will",    "^ what do",     "^ what happens", "^ what makes",
      "^ in what",  "^ describe",     "^ explain",     "^ compare",      "^ contrast",
      "^ discuss",  "^ list",         "^ suggest",     "^ recommend",    "^ outline",
      "^ analyze",  "^ analyse",      "^ give me",     "^ give some",    "^ provide",
      "^ propose",  "^ tell me about"},
     {}},
};

bool HasAny(const QuestionWords& words, Phrases phrases) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [&words](std::string_view phrase) { return words.Has(phrase); });
}

}  // namespace

RouterVerdict RouteQuestion(std::string_view question) {
  // Long questions bring the text they are about.
  constexpr std::size_t kLong = 4000;
  if (question.size() > kLong) return {false, "a given text"};
  if (HasCode(question)) return {false, "code"};
  if (HasArithmetic(question)) return {false, "mathematics"};
  const QuestionWords words(question);
  for (const Rule& rule : kRules) {
    if (HasAny(words, rule.any) && (rule.with.size() == 0 || HasAny(words, rule.with))) {
      return {rule.outline, rule.reason};
    }
  }
  return {false, "nothing speaks for an outline"};
}

}  // namespace jupiter
