package marks_test

import (
	"fmt"

	"assay/marks"
)

func Example() {
	m, err := marks.Build([]string{"Maison Exemple", "古岚", "mirror quality"})
	if err != nil {
		panic(err)
	}
	text := "MAISON-EXEMPLE 古岚 bag, mirror quality"
	for _, hit := range m.NewFinder().Find(text) {
		fmt.Printf("%s: %q %v\n", m.Term(hit.Term), text[hit.Start:hit.End], hit.How.Disguises())
	}
	// Output:
	// Maison Exemple: "MAISON-EXEMPLE" [case separator]
	// 古岚: "古岚" []
	// mirror quality: "mirror quality" []
}
