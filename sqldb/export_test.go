package sqldb

// Search makes a store search in one way only, of those that search chooses from:
// "words", "texts", "list" or "all".
func (s *Store) Search(way string) {
	switch way {
	case "words":
		s.search = defaultSearchBounds()
	case "texts":
		s.search = searchBounds{hits: 1, asked: 1 << 30, walked: 1, part: 1}
	case "list":
		s.search = searchBounds{hits: 1, asked: 0, walked: 1 << 30, part: 3}
	case "all":
		s.search = searchBounds{hits: 1, asked: 0}
	}
}
