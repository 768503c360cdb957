package sqldb

// Search makes a store search in one way only, of those that search chooses from:
// "words", "texts", "list", "sample" or "all".
func (s *Store) Search(way string) {
	s.search = map[string]searchBounds{
		"words":  s.dialect.search,
		"texts":  {asked: 1 << 30},
		"list":   {counted: 2, sampled: 9, walked: 9},
		"sample": {counted: 2, sampled: 1, walked: 5},
		"all":    {counted: 2},
	}[way]
}
