package feed

import (
	"strings"

	"assay"
)

// target is a field of a listing that a column can hold.
type target uint8

const (
	tNone target = iota
	tMarketplace
	tID
	tPageID
	tTitle
	tDescription
	tURL
	tBrand
	tCategory
	tGTIN
	tMPN
	tSKU
	tCondition
	tPrice
	tCurrency
	tQuantity
	tSold
	tShipFrom
	tImages
	tAttributes
	tSellerID
	tSellerName
	tSellerLegalName
	tSellerCountry
	tSellerJoined
	tListedAt
	tUpdatedAt
	tIdentifier
	nTargets
)

// targetPaths names the targets as --map does, in their order.
var targetPaths = [...]string{"", "marketplace", "id", "page_id", "title", "description", "url", "brand", "category",
	"gtin", "mpn", "sku", "condition", "price", "price.currency", "quantity", "sold", "ship_from", "images", "attributes",
	"seller.id", "seller.name", "seller.legal_name", "seller.country", "seller.joined_at", "listed_at", "updated_at"}

// many reports whether several columns can fill the target together.
func (t target) many() bool { return t == tAttributes || t == tIdentifier }

// binding is what one column holds. rank orders the columns that could hold the
// same field, the best first. name is an attribute's name or an identifier's type.
type binding struct {
	t    target
	rank int
	name string
}

// targetOf reads a field's path as --map gives it.
func targetOf(path string) (binding, bool) {
	if path == "price.amount" {
		return binding{t: tPrice}, true
	}
	if name, ok := strings.CutPrefix(path, "attributes."); ok && name != "" {
		return binding{t: tAttributes, name: name}, true
	}
	if name, ok := strings.CutPrefix(path, "seller.identifiers."); ok && assay.IdentifierType(name).Valid() {
		return binding{t: tIdentifier, name: name}, true
	}
	for i, p := range targetPaths {
		if i > 0 && p == path {
			return binding{t: target(i)}, true
		}
	}
	return binding{}, false
}

// aliases lists the column names that are understood, each field's best first.
// docs/feeds.md shows the same table. Names are normal: lower case, words joined
// with underscores.
var aliases = [...]struct {
	t     target
	names string
}{
	{tMarketplace, "marketplace marketplace_name domain site platform"},
	{tID, "offer_id listing_id item_id id product_id asin guid"},
	{tPageID, "page_id item_group_id parent_asin catalog_id parent_id"},
	{tTitle, "title name product_name product_title item_name listing_title item_title"},
	{tDescription, "description product_description item_description about_item body summary content"},
	{tURL, "url link product_url product_link item_url listing_url canonical_url"},
	{tBrand, "brand brand_name manufacturer manufacturer_name"},
	{tCategory, "category_tree category_path breadcrumbs breadcrumb product_type category google_product_category categories root_category"},
	{tGTIN, "gtin gtin14 gtin13 ean gtin12 upc barcode gtin8 ean13 isbn"},
	{tMPN, "mpn model_number part_number manufacturer_part_number model"},
	{tSKU, "sku seller_sku item_sku"},
	{tCondition, "condition item_condition"},
	{tPrice, "sale_price final_price current_price price discounted_price selling_price price_amount amount offer_price unit_price initial_price original_price list_price regular_price"},
	{tCurrency, "currency price_currency currency_code"},
	{tQuantity, "quantity stock inventory stock_quantity available_quantity in_stock_quantity"},
	{tSold, "sold number_sold units_sold sold_count quantity_sold sales_count"},
	{tShipFrom, "ship_from ships_from shipping_from ship_from_country ships_from_country"},
	{tImages, "main_image image_link image image_url images image_urls additional_image_link additional_image_links additional_images picture pictures"},
	{tAttributes, "attributes product_specifications other_attributes specifications item_specifics product_details product_detail"},
	{tSellerID, "seller_id merchant_id shop_id store_id vendor_id"},
	{tSellerName, "seller_name seller merchant_name merchant shop_name store_name vendor_name vendor shop store"},
	{tSellerLegalName, "seller_legal_name legal_name company_name"},
	{tSellerCountry, "seller_country merchant_country seller_location_country"},
	{tSellerJoined, "seller_joined_at seller_joined seller_since"},
	{tListedAt, "listed_at created_at date_listed date_first_available published"},
	{tUpdatedAt, "updated_at last_updated updated timestamp scraped_at"},
}

var identifierAliases = map[string]assay.IdentifierType{
	"seller_phone": "phone", "seller_email": "email", "seller_address": "address", "seller_licence": "licence",
	"seller_license": "licence", "seller_website": "domain", "business_licence": "licence", "business_license": "licence",
}

var aliasIndex = func() map[string]binding {
	m := map[string]binding{}
	for _, a := range aliases {
		for rank, name := range strings.Fields(a.names) {
			m[name] = binding{t: a.t, rank: rank}
		}
	}
	for name, kind := range identifierAliases {
		m[name] = binding{t: tIdentifier, name: string(kind)}
	}
	return m
}()

// bindAlias returns what a column of that name holds by custom.
func bindAlias(name string) binding {
	n := normalName(name)
	if attr, ok := strings.CutPrefix(n, "attributes_"); ok && attr != "" {
		if len(name) == len(n) { // as it is written, if it kept its length
			attr = name[len("attributes_"):]
		}
		return binding{t: tAttributes, name: attr}
	}
	return aliasIndex[n]
}

// normalName brings a column's name into the form of the aliases.
func normalName(name string) string {
	name = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "g:")
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '.' || r == ':' || r == '/' {
			return '_'
		}
		return r
	}, name)
}
