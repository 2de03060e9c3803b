// Elementary functions with the same bits on every machine, compiler and C library.
//
// They use only operations that IEEE 754 rounds correctly (+, -, *, /, fma) and exact ones (floor,
// scaling by powers of two). Taylor series on reduced arguments; about 1e-15 relative unless said.
#pragma once

namespace jupiter {

// Absolute error below 1e-14 for |x| <= 1e7. NaN for larger ones and for non-finite x.
double DeterministicSin(double x);
double DeterministicCos(double x);

// Infinity above 709.7, 0 below -708.
double DeterministicExp(double x);

// Minus infinity at 0, NaN below.
double DeterministicLog(double x);

// base > 0 (CHECKed). Relative error below 1e-14 while |exponent * log(base)| <= 32.
double DeterministicPow(double base, double exponent);

}  // namespace jupiter
