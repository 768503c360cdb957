package demo_test

import (
	"fmt"

	"assay/demo"
)

func Example() {
	world := demo.New(1, demo.Options{})
	for i := uint64(0); ; i++ {
		listing, truth := world.Listing(i)
		if truth.Kind == demo.SilentFake {
			fmt.Println(listing.Marketplace, listing.Price)
			fmt.Println(listing.Title)
			fmt.Println(truth.Lane, truth.Owner)
			fmt.Println(truth.Story)
			return
		}
	}
	// Output:
	// tao.example 158.00 CNY
	// 轻奢 沃腾堡 Akkumar 角磨机 黑色 男女同款 学生党 轻便耐用 百搭简约 防水耐磨 生日礼物
	// counterfeit Voltenberg AG
	// A fake of Voltenberg sold as new, far too cheap: 158.00 CNY where the maker asks 1596.00 CNY.
}
