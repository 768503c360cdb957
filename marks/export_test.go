package marks

// WholeWords reports whether text[start:end] is a sequence of whole words of
// text, with nothing around them.
func WholeWords(text string, start, end int) bool {
	x := lexer{foldTable: table()}
	starts, ends := false, false
	for _, t := range x.tokenize(text) {
		starts = starts || int(t.start) == start
		ends = ends || int(t.end) == end
	}
	return starts && ends
}
