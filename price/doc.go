// Package price says how well an offer's price fits a fake and how well it fits
// an honest offer of the genuine article: a log-likelihood ratio against the
// list prices of a product, a category or a whole brand. It also converts
// amounts by reference exchange rates.
//
// Prices live on a logarithmic grid of sixteen steps an octave (StepOf), and
// densities are integers tabulated on it, so that a ratio is computed without
// floating point: the same prices give the same points on every machine. The
// model, its parameters and where they come from stand at Model; Curve gives its
// densities for people to look at.
package price
