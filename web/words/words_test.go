package words

import "testing"

func TestTheCatalogueLoads(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if s := c.For("de, en;q=0.5").Count("ago.minutes", 1); s != "1 minute ago" {
		t.Error(s)
	}
}
