package price_test

import (
	"fmt"

	"assay"
	"assay/price"
)

func Example() {
	rates, _ := price.NewRates(map[string]assay.Money{"USD": {Amount: 108, Scale: 2}})
	model := price.NewModel()

	list := assay.Money{Amount: 890, Currency: "EUR"}
	listStep, _ := price.StepOf(list)

	for _, dollars := range []int64{42, 380, 890} {
		offer := assay.Money{Amount: dollars, Currency: "USD"}
		eur, _ := rates.ToEUR(offer)
		step, _ := price.StepOf(eur)
		points := model.LogLikelihoodRatio(step, price.Point(listStep), assay.ConditionNew, price.BrandField)
		fmt.Println(offer, points)
	}
	// Output:
	// 42 USD 2.391759
	// 380 USD 0.515612
	// 890 USD -1.799154
}
