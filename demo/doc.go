// Package demo is an invented world for demonstrations, benchmarks and tests:
// brands and the groups that own them, their marks and goods, the shops allowed
// to sell them, the operators behind those that sell fakes, and an endless stream
// of marketplace listings with photos and later revisions, of which the truth is
// known. Every name in it is made up, hosts end in ".example" and item numbers
// start with 952, the prefix that GS1 keeps for examples.
//
// Addresses of photos lead nowhere: [World.Picture] says what is on one, and
// package picture draws it.
//
// A [World] is a function of its seed and options: the same ones give the same
// bytes on every machine, at any index, in any order. It reads no clock (its
// present is [AsOf]), touches no files and computes with integers only; drawing does not.
package demo
