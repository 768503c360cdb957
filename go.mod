module assay

go 1.26

require (
	github.com/govalues/decimal v0.1.36 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)
