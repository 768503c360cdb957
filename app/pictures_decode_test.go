package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"assay"
)

// redrawn returns the picture of ours that a file becomes.
func redrawn(t testing.TB, file []byte) image.Image {
	t.Helper()
	h, err := readPictureHeader(file)
	if err != nil {
		t.Fatalf("header: %v (%v)", err, errors.Unwrap(err))
	}
	ours, err := h.encode(t.Context(), file)
	if err != nil {
		t.Fatalf("encoding: %v (%v)", err, errors.Unwrap(err))
	}
	m, err := jpeg.Decode(bytes.NewReader(ours))
	if err != nil {
		t.Fatalf("ours is no JPEG: %v", err)
	}
	return m
}

// refusal returns the code of the error that a file is refused with.
func refusal(t testing.TB, file []byte) assay.Code {
	t.Helper()
	h, err := readPictureHeader(file)
	if err == nil {
		_, err = h.encode(t.Context(), file)
	}
	return assay.CodeOf(err)
}

// near reports whether a pixel has about a colour: JPEG changes it a little.
func near(m image.Image, x, y int, want color.Color) bool {
	r, g, b, _ := m.At(m.Bounds().Min.X+x, m.Bounds().Min.Y+y).RGBA()
	wr, wg, wb, _ := want.RGBA()
	apart := func(a, b uint32) bool { return max(a, b)-min(a, b) > 24<<8 }
	return !apart(r, wr) && !apart(g, wg) && !apart(b, wb)
}

var (
	red   = color.RGBA{R: 220, A: 255}
	green = color.RGBA{G: 160, A: 255}
	blue  = color.RGBA{B: 200, A: 255}
	black = color.RGBA{A: 255}
	white = color.RGBA{R: 255, G: 255, B: 255, A: 255}
)

// plain is a picture of one colour.
func plain(w, h int, c color.Color) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, c)
		}
	}
	return m
}

// quarters is a picture of four colours: red, green / blue, black.
func quarters(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, [2][2]color.Color{{red, green}, {blue, black}}[2*y/h][2*x/w])
		}
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asGIF(t testing.TB, frames ...*image.Paletted) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: frames, Delay: make([]int, len(frames))}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func frame(w, h int, c color.Color) *image.Paletted {
	m := image.NewPaletted(image.Rect(0, 0, w, h), palette.WebSafe)
	at := uint8(m.Palette.Index(c))
	for i := range m.Pix {
		m.Pix[i] = at
	}
	return m
}

// WebP files of one pixel: lossless, lossy, lossy with alpha, and two frames.
const (
	webpLossless = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="
	webpLossy    = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"
	webpAlpha    = "UklGRkoAAABXRUJQVlA4WAoAAAAQAAAAAAAAAAAAQUxQSAwAAAARBxAR/Q9ERP8DAABWUDggGAAAABQBAJ0BKgEAAQAAAP4AAA3AAP7mtQAAAA=="
	webpFrames   = "UklGRlIAAABXRUJQVlA4WAoAAAASAAAAAAAAAAAAQU5JTQYAAAD/////AABBTk1GJgAAAAAAAAAAAAAAAAAAAGQAAABWUDhMDQAAAC8AAAAQBxAREYiI/gcA"
)

func decoded(t testing.TB, file string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// cmykJPEG is a baseline JPEG of 8 × 8 pixels of one colour, with the marker of
// Adobe: what print shops upload. Levels are inverted, as Adobe writes them.
func cmykJPEG(levels [4]int) []byte {
	out := []byte{0xff, 0xd8}
	segment := func(marker byte, body ...byte) {
		out = append(out, 0xff, marker, byte((len(body)+2)>>8), byte(len(body)+2))
		out = append(out, body...)
	}
	segment(0xee, append([]byte("Adobe"), 0, 100, 0, 0, 0, 0, 0)...)
	segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{8}, 64)...)...) // so that a coefficient is a level
	segment(0xc0, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0)
	table := func(class, symbol byte) {
		segment(0xc4, append([]byte{class, 1}, append(make([]byte, 15), symbol)...)...)
	}
	table(0x00, 7) // every first coefficient has seven bits
	table(0x10, 0) // and there are no others
	segment(0xda, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0)
	bits, n := uint64(0), 0
	for _, level := range levels {
		diff := level - 128
		if diff < 0 {
			diff += 127
		}
		bits, n = bits<<9|uint64(diff&0x7f)<<1, n+9
	}
	bits = bits<<4 | 0xf // 36 bits and the padding
	out = append(out, byte(bits>>32), byte(bits>>24), byte(bits>>16), byte(bits>>8), byte(bits))
	return append(out, 0xff, 0xd9)
}

func TestEveryKindOfPictureBecomesAJPEGOfOurs(t *testing.T) {
	deep := image.NewNRGBA64(image.Rect(0, 0, 8, 8))
	grey16 := image.NewGray16(image.Rect(0, 0, 8, 8))
	clear := image.NewNRGBA(image.Rect(0, 0, 8, 8)) // wholly transparent
	half := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for y := range 8 {
		for x := range 8 {
			deep.Set(x, y, color.NRGBA64{R: 220 << 8, A: 0xffff})
			grey16.Set(x, y, color.Gray16{Y: 100 << 8})
			half.Set(x, y, color.NRGBA{A: 128})
		}
	}
	offset := frame(8, 8, color.RGBA{R: 204, A: 255})
	offset.Rect = offset.Rect.Add(image.Pt(2, 2))
	for _, c := range []struct {
		name string
		file []byte
		w, h int
		want color.Color
	}{
		{"JPEG", asJPEG(t, plain(8, 4, red)), 8, 4, red},
		{"JPEG in grey", asJPEG(t, grey16), 8, 8, color.Gray{Y: 100}},
		{"JPEG of print shops, in four inks", cmykJPEG([4]int{50, 200, 200, 230}), 8, 8, color.RGBA{R: 45, G: 180, B: 180, A: 255}},
		{"PNG", asPNG(t, plain(3, 5, blue)), 3, 5, blue},
		{"PNG of 16 bits", asPNG(t, deep), 8, 8, red},
		{"PNG in grey of 16 bits", asPNG(t, grey16), 8, 8, color.Gray{Y: 100}},
		{"PNG with a palette", asPNG(t, frame(8, 8, color.RGBA{G: 153, A: 255})), 8, 8, color.RGBA{G: 153, A: 255}},
		{"a transparent one, on white", asPNG(t, clear), 8, 8, white},
		{"a half transparent one, on white", asPNG(t, half), 8, 8, color.Gray{Y: 127}},
		{"GIF", asGIF(t, frame(8, 8, color.RGBA{B: 204, A: 255})), 8, 8, color.RGBA{B: 204, A: 255}},
		{"the first frame of a GIF", asGIF(t, frame(8, 8, color.RGBA{R: 204, A: 255}), frame(8, 8, color.RGBA{B: 204, A: 255})), 8, 8, color.RGBA{R: 204, A: 255}},
		{"a frame of a GIF within its screen", asGIF(t, offset), 8, 8, color.RGBA{R: 204, A: 255}},
		{"WebP, lossless", decoded(t, webpLossless), 1, 1, white},
		{"WebP, lossy", decoded(t, webpLossy), 1, 1, color.Gray{Y: 128}},
		{"WebP with alpha", decoded(t, webpAlpha), 1, 1, white},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := redrawn(t, c.file)
			if m.Bounds().Dx() != c.w || m.Bounds().Dy() != c.h {
				t.Fatalf("%v, want %d × %d", m.Bounds(), c.w, c.h)
			}
			if !near(m, c.w/2, c.h/2, c.want) {
				t.Errorf("%v, want %v", m.At(c.w/2, c.h/2), c.want)
			}
		})
	}
}

func TestNoPictureOfOursHasASideAboveAThousand(t *testing.T) {
	for _, c := range []struct{ w, h, wantW, wantH int }{
		{1, 1, 1, 1},
		{999, 1_000, 999, 1_000},
		{1_001, 500, 1_000, 499},
		{1_999, 4, 1_000, 2},
		{2_000, 2, 1_000, 1},
		{2_500, 5_000, 500, 1_000},
		{3, 30_000, 1, 1_000},
		{65_535, 1, 1_000, 1},
	} {
		m := redrawn(t, asPNG(t, frame(c.w, c.h, color.RGBA{R: 204, A: 255})))
		if b := m.Bounds(); b.Dx() != c.wantW || b.Dy() != c.wantH {
			t.Errorf("%d × %d became %v, want %d × %d", c.w, c.h, b, c.wantW, c.wantH)
		}
		if !near(m, m.Bounds().Dx()/2, m.Bounds().Dy()/2, color.RGBA{R: 204, A: 255}) {
			t.Errorf("%d × %d became %v", c.w, c.h, m.At(0, 0))
		}
	}
}

func TestWhatIsMadeSmallKeepsItsPartsAndItsMean(t *testing.T) {
	m := redrawn(t, asPNG(t, quarters(2_600, 1_800)))
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	for _, c := range []struct {
		x, y int
		want color.Color
	}{{5, 5, red}, {w - 5, 5, green}, {5, h - 5, blue}, {w - 5, h - 5, black}, {w/2 - 4, h/2 - 4, red}, {w/2 + 4, h/2 + 4, black}} {
		if !near(m, c.x, c.y, c.want) {
			t.Errorf("at %d, %d: %v, want %v", c.x, c.y, m.At(c.x, c.y), c.want)
		}
	}
	board := image.NewGray(image.Rect(0, 0, 4_001, 4_000))
	for y := range 4_000 {
		for x := range 4_001 {
			board.Pix[y*board.Stride+x] = uint8((x + y) % 2 * 255)
		}
	}
	m = redrawn(t, asPNG(t, board))
	for _, at := range []int{0, 500, 998} {
		if !near(m, at, at, color.Gray{Y: 127}) {
			t.Errorf("a board of black and white became %v", m.At(at, at))
		}
	}
}

// exif returns a JPEG file with an orientation in its metadata, beside text that must
// not get through.
func exif(order binary.AppendByteOrder, orientation uint16, file []byte) []byte {
	tiff := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, tag := range []struct{ tag, kind, value uint16 }{{0x010f, 2, 0}, {0x0112, 3, orientation}} {
		tiff = order.AppendUint16(tiff, tag.tag)
		tiff = order.AppendUint16(tiff, tag.kind)
		tiff = order.AppendUint32(tiff, 1)
		tiff = order.AppendUint16(tiff, tag.value)
		tiff = append(tiff, 0, 0)
	}
	body := append([]byte("Exif\x00\x00"), append(tiff, "s3cret place"...)...)
	out := append([]byte{}, file[:2]...)
	out = append(out, 0xff, 0xfe, 0, 8)
	out = append(out, "s3cret"...) // a comment
	out = append(out, 0xff, 0xff, 0xe1, byte((len(body)+2)>>8), byte(len(body)+2))
	out = append(out, body...)
	return append(out, file[2:]...)
}

func TestAPictureStandsAsItsEXIFOrientationSays(t *testing.T) {
	file := asJPEG(t, quarters(40, 20)) // R G / B K
	for orientation, want := range map[uint16]string{
		0: "RGBK", 1: "RGBK", 2: "GRKB", 3: "KBGR", 4: "BKRG", 5: "RBGK", 6: "BRKG", 7: "KGBR", 8: "GKRB", 9: "RGBK", 0xffff: "RGBK",
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			m := redrawn(t, exif(order, orientation, file))
			w, h := m.Bounds().Dx(), m.Bounds().Dy()
			got := ""
			for _, at := range []image.Point{{4, 4}, {w - 5, 4}, {4, h - 5}, {w - 5, h - 5}} {
				for name, c := range map[string]color.Color{"R": red, "G": green, "B": blue, "K": black} {
					if near(m, at.X, at.Y, c) {
						got += name
					}
				}
			}
			if turned := w == 20; got != want || turned != (orientation >= 5 && orientation <= 8) {
				t.Errorf("orientation %d, %v: %s of %d × %d, want %s", orientation, order, got, w, h, want)
			}
		}
	}
}

func TestMetadataThatIsNotInOrderIsNoOrientation(t *testing.T) {
	good := exif(binary.LittleEndian, 6, asJPEG(t, plain(8, 8, red)))
	if o := exifOrientation(good); o != 6 {
		t.Fatalf("orientation %d", o)
	}
	for end := range good { // cut anywhere
		exifOrientation(good[:end])
	}
	at := bytes.Index(good, []byte("Exif"))
	for name, change := range map[string]func(b []byte){
		"another magic":             func(b []byte) { b[at+6] = 'X' },
		"a directory far away":      func(b []byte) { copy(b[at+10:], "\xff\xff\xff\xff") },
		"a directory at the end":    func(b []byte) { copy(b[at+10:], "\x30\x00\x00\x00") },
		"another type":              func(b []byte) { b[at+6+8+2+12+2] = 4 },
		"a segment without a size":  func(b []byte) { b[at-2], b[at-1] = 0, 0 },
		"a segment beyond the end":  func(b []byte) { b[at-2], b[at-1] = 0xff, 0xff },
		"not where a marker stands": func(b []byte) { b[2] = 0 },
	} {
		b := bytes.Clone(good)
		change(b)
		if o := exifOrientation(b); o != 1 {
			t.Errorf("%s: orientation %d", name, o)
		}
	}
}

func TestNothingOfTheSellersFileGetsThrough(t *testing.T) {
	zip := "PK\x03\x04 s3cret.exe <script>s3cret</script> PK\x05\x06"
	png := asPNG(t, plain(8, 8, red))
	for name, file := range map[string][]byte{
		"metadata and a comment":  exif(binary.BigEndian, 3, asJPEG(t, plain(8, 8, red))),
		"an archive behind":       append(asJPEG(t, plain(8, 8, red)), zip...),
		"an archive behind a PNG": append(bytes.Clone(png), zip...),
		"an archive behind a GIF": append(asGIF(t, frame(8, 8, red)), zip...),
		"text in a PNG":           append(append(bytes.Clone(png[:33]), chunk("tEXt", []byte("Comment\x00"+zip))...), png[33:]...),
	} {
		t.Run(name, func(t *testing.T) {
			if !bytes.Contains(file, []byte("s3cret")) {
				t.Fatal("there is nothing to get through")
			}
			h, err := readPictureHeader(file)
			if err != nil {
				t.Fatal(err)
			}
			ours, err := h.encode(t.Context(), file)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{"s3cret", "PK\x03\x04", "Exif", "<script"} {
				if bytes.Contains(ours, []byte(part)) {
					t.Errorf("%q got through", part)
				}
			}
		})
	}
}

// chunk is a chunk of a PNG file.
func chunk(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// pngOf returns the beginning of a PNG file that says it is so large.
func pngOf(w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return append([]byte("\x89PNG\r\n\x1a\n"), append(chunk("IHDR", append(head, 8, 2, 0, 0, 0)), chunk("IDAT", []byte("\x78\x9c"))...)...)
}

func TestHostileFilesAreRefusedBeforeTheyCostAnything(t *testing.T) {
	jpegOf := bytes.Clone(asJPEG(t, plain(8, 8, red)))
	size := bytes.Index(jpegOf, []byte{0xff, 0xc0}) + 5
	copy(jpegOf[size:], "\xff\xff\xff\xff")
	gifOf := asGIF(t, frame(8, 8, red))
	copy(gifOf[6:], "\xff\xff\xff\xff")
	webpOf := decoded(t, webpAlpha)
	copy(webpOf[24:], "\xff\x3f\x00\xff\x3f\x00")
	liar := decoded(t, webpAlpha) // one pixel, says its header; the picture in it is as large as can be
	at := bytes.Index(liar, []byte("\x9d\x01\x2a"))
	copy(liar[at+3:], "\xff\x3f\xff\x3f")
	for _, c := range []struct {
		name string
		file []byte
		want assay.Code
	}{
		{"nothing", nil, assay.Invalid},
		{"one byte", []byte{0xff}, assay.Invalid},
		{"zeros", make([]byte, 1_000), assay.Invalid},
		{"text", []byte("<html>not found</html>"), assay.Invalid},
		{"SVG with a script", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), assay.Invalid},
		{"SVG that begins as XML", []byte(`<?xml version="1.0"?><svg/>`), assay.Invalid},
		{"a format that is not for browsers", []byte("BM" + strings.Repeat("\x00", 100)), assay.Invalid},
		{"a TIFF", []byte("II*\x00" + strings.Repeat("\x00", 100)), assay.Invalid},
		{"an archive", []byte("PK\x03\x04" + strings.Repeat("\x00", 100)), assay.Invalid},
		{"only the beginning of a JPEG", []byte("\xff\xd8\xff"), assay.Invalid},
		{"only the beginning of a PNG", []byte("\x89PNG\r\n\x1a\n"), assay.Invalid},
		{"only the beginning of a GIF", []byte("GIF89a"), assay.Invalid},
		{"only the beginning of a WebP", []byte("RIFF\x00\x00\x00\x00WEBPVP8 "), assay.Invalid},
		{"a file of too many bytes", append(asJPEG(t, plain(8, 8, red)), make([]byte, maxPictureBytes)...), assay.TooLarge},
		{"a PNG of too many pixels", pngOf(8_000, 5_001), assay.TooLarge},
		{"a PNG of as many pixels as can be said", pngOf(1<<31-1, 1<<31-1), assay.Invalid},
		{"a PNG with a side that is too long", pngOf(65_536, 1), assay.TooLarge},
		{"a PNG without a side", pngOf(0, 100), assay.Invalid},
		{"a JPEG of too many pixels", jpegOf, assay.TooLarge},
		{"a GIF of too many pixels", gifOf, assay.TooLarge},
		{"a WebP of too many pixels", webpOf, assay.TooLarge},
		{"a WebP that is larger than it says", liar, assay.Invalid},
		{"a WebP of frames, which cannot be shown", decoded(t, webpFrames), assay.Invalid},
		{"a PNG of many pixels and no data", pngOf(8_000, 5_000), assay.Invalid},
		{"a JPEG of very many scans", append(asJPEG(t, plain(8, 8, red)), bytes.Repeat([]byte{0xff, 0xda}, maxPictureScans)...), assay.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := refusal(t, c.file); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestAPictureThatIsCutIsRefused(t *testing.T) {
	for name, file := range map[string][]byte{
		"JPEG": asJPEG(t, quarters(16, 16)),
		"PNG":  asPNG(t, quarters(16, 16)),
		"GIF":  asGIF(t, frame(16, 16, red)),
		"WebP": decoded(t, webpAlpha),
	} {
		t.Run(name, func(t *testing.T) {
			for end := range file {
				// What stands behind the picture itself may be missing: a GIF's trailer, padding.
				if got := refusal(t, file[:end]); got != assay.Invalid && end < len(file)-16 {
					t.Fatalf("cut after %d of %d bytes: %q", end, len(file), got)
				}
			}
		})
	}
}

func TestDecodingEndsWithItsContext(t *testing.T) {
	file := asPNG(t, quarters(16, 16))
	h, err := readPictureHeader(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.encode(ctx, file); !errors.Is(err, context.Canceled) {
		t.Errorf("decoding: %v", err)
	}
	if _, err := shrink(ctx, plain(8, 8, red)); !errors.Is(err, context.Canceled) {
		t.Errorf("drawing: %v", err)
	}
}

func TestADecoderThatPanicsHasMetADamagedFile(t *testing.T) {
	h := pictureHeader{width: 8, height: 8} // no decoder at all
	if _, err := h.encode(t.Context(), nil); assay.CodeOf(err) != assay.Invalid || err.Error() != "the picture is damaged and cannot be read" {
		t.Errorf("error %v", err)
	}
}

func FuzzPicture(f *testing.F) {
	f.Add(asJPEG(f, quarters(16, 16)))
	f.Add(exif(binary.LittleEndian, 6, asJPEG(f, quarters(24, 16))))
	f.Add(cmykJPEG([4]int{50, 200, 200, 230}))
	f.Add(asPNG(f, quarters(16, 16)))
	f.Add(asGIF(f, frame(8, 8, red), frame(8, 8, blue)))
	for _, file := range []string{webpLossless, webpLossy, webpAlpha, webpFrames} {
		f.Add(decoded(f, file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		h, err := readPictureHeader(file)
		if err != nil {
			if code := assay.CodeOf(err); code != assay.Invalid && code != assay.TooLarge {
				t.Fatalf("code %s: %v", code, err)
			}
			return
		}
		if h.orientation < 1 || h.orientation > 8 {
			t.Fatalf("orientation %d", h.orientation)
		}
		if h.width*h.height > 1_000_000 {
			return // allowed, and slow
		}
		ours, err := h.redraw(t.Context(), file)
		if err != nil {
			if assay.CodeOf(err) != assay.Invalid {
				t.Fatalf("code %s: %v", assay.CodeOf(err), err)
			}
			return
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(ours))
		if err != nil || c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide {
			t.Fatalf("%d × %d became %d × %d, %v", h.width, h.height, c.Width, c.Height, err)
		}
	})
}
