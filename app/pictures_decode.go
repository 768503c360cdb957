package app

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"assay"

	scaling "golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

const (
	maxSide         = 1_000  // of a picture of ours, in pixels
	maxPictureSide  = 65_535 // of one that comes: what JPEG and GIF can say
	pictureQuality  = 82     // of JPEG
	maxPictureScans = 100    // of a progressive JPEG: real ones have about ten
)

// pictureFormat is one that browsers and marketplaces use. Which one a file is in is
// told by its first bytes alone, never by a name or a type that somebody chose.
type pictureFormat struct {
	is     func(data []byte) bool
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

func pictureFormats() []pictureFormat {
	begins := func(magic ...string) func([]byte) bool {
		return func(data []byte) bool {
			for _, m := range magic {
				if bytes.HasPrefix(data, []byte(m)) {
					return true
				}
			}
			return false
		}
	}
	isWebP := func(data []byte) bool {
		return len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP"
	}
	return []pictureFormat{
		{begins("\xff\xd8\xff"), jpeg.DecodeConfig, jpeg.Decode},
		{begins("\x89PNG\r\n\x1a\n"), png.DecodeConfig, png.Decode},
		{begins("GIF87a", "GIF89a"), gif.DecodeConfig, gif.Decode}, // its first frame
		{isWebP, webp.DecodeConfig, webp.Decode},
	}
}

// pictureHeader is what is known of a picture before the memory for it is taken.
type pictureHeader struct {
	width, height int
	orientation   int // EXIF, 1 to 8
	decode        func(io.Reader) (image.Image, error)
}

// readPictureHeader refuses what is not a picture and what is too large to be
// decoded. The decoders hold to the size that a header gives.
func readPictureHeader(data []byte) (h pictureHeader, err error) {
	if len(data) > maxPictureBytes {
		return h, assay.Errorf(assay.TooLarge, "the picture is larger than %d MB", maxPictureBytes>>20)
	}
	for _, f := range pictureFormats() {
		if !f.is(data) {
			continue
		}
		c, err := f.config(bytes.NewReader(data))
		switch {
		case err != nil:
			return h, unreadable(err)
		case c.Width <= 0 || c.Height <= 0:
			return h, unreadable(fmt.Errorf("%d × %d pixels", c.Width, c.Height))
		case c.Width > maxPictureSide || c.Height > maxPictureSide || c.Width*c.Height > maxPicturePixels:
			return h, assay.Errorf(assay.TooLarge, "the picture has more than %d million pixels, or more than %d on a side",
				maxPicturePixels/1_000_000, maxPictureSide)
		// A file of ten megabytes can hold a hundred thousand scans, each of which goes
		// over the whole picture. The marker does not occur within compressed data.
		case bytes.HasPrefix(data, []byte{0xff, 0xd8}) && bytes.Count(data, []byte{0xff, 0xda}) > maxPictureScans:
			return h, unreadable(fmt.Errorf("more than %d scans", maxPictureScans))
		}
		return pictureHeader{c.Width, c.Height, exifOrientation(data), f.decode}, nil
	}
	return h, assay.Errorf(assay.Invalid, "the file is not a picture that can be shown: JPEG, PNG, GIF and WebP can")
}

func unreadable(cause error) error {
	return &assay.Error{Code: assay.Invalid, Message: "the picture is damaged and cannot be read", Err: cause}
}

// encode returns the picture as a JPEG of ours: upright, on white, at most maxSide
// pixels a side. It gives up when ctx ends. A decoder that panics has met a damaged
// file: it is other people's code, and works in a goroutine that no server watches.
func (h *pictureHeader) encode(ctx context.Context, data []byte) (encoded []byte, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			encoded, err = nil, unreadable(fmt.Errorf("decoding panicked: %v", fault))
		}
	}()
	return h.redraw(ctx, data)
}

func (h *pictureHeader) redraw(ctx context.Context, data []byte) ([]byte, error) {
	src, err := h.decode(&endingReader{ctx, bytes.NewReader(data)})
	if err != nil {
		return nil, unreadable(err)
	}
	if src.Bounds().Empty() {
		return nil, unreadable(fmt.Errorf("an empty frame"))
	}
	small, err := shrink(ctx, src)
	if err != nil {
		return nil, unreadable(err)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, upright(scaleDown(small), h.orientation), &jpeg.Options{Quality: pictureQuality}); err != nil {
		return nil, fmt.Errorf("encoding a picture: %w", err)
	}
	return out.Bytes(), nil
}

// endingReader ends with ctx, and hands out little at once, so that a decoder that
// does much with little is stopped too.
type endingReader struct {
	ctx  context.Context
	data *bytes.Reader
}

func (r *endingReader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.data.Read(b[:min(len(b), 512)])
}

// shrink draws src on white, each pixel the mean of a square of them, so many that
// its longer side is below two times maxSide. It needs memory for a strip of src only.
func shrink(ctx context.Context, src image.Image) (*image.RGBA, error) {
	b := src.Bounds()
	k := max(max(b.Dx(), b.Dy())/maxSide, 1)
	dst := image.NewRGBA(image.Rect(0, 0, (b.Dx()+k-1)/k, (b.Dy()+k-1)/k))
	strip := image.NewRGBA(image.Rect(0, 0, b.Dx(), min(k, b.Dy())))
	// Of a pixel of dst, three colours and how many pixels of src: 65 × 65 at most.
	sums := make([][4]uint32, dst.Rect.Dx())
	for y := range dst.Rect.Dy() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rows := image.Rect(0, 0, b.Dx(), min(k, b.Dy()-y*k))
		draw.Draw(strip, rows, image.White, image.Point{}, draw.Src)
		draw.Draw(strip, rows, src, image.Pt(b.Min.X, b.Min.Y+y*k), draw.Over)
		clear(sums)
		for sy := range rows.Dy() {
			row := strip.Pix[sy*strip.Stride:]
			for x := range b.Dx() {
				s, px := &sums[x/k], row[4*x:4*x+3]
				s[0], s[1], s[2], s[3] = s[0]+uint32(px[0]), s[1]+uint32(px[1]), s[2]+uint32(px[2]), s[3]+1
			}
		}
		row := dst.Pix[y*dst.Stride:]
		for x, s := range sums {
			for c := range 3 {
				row[4*x+c] = uint8((s[c] + s[3]/2) / s[3])
			}
			row[4*x+3] = 255
		}
	}
	return dst, nil
}

// scaleDown brings the longer side to maxSide, if it is above.
func scaleDown(src *image.RGBA) *image.RGBA {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	longer := max(w, h)
	if longer <= maxSide {
		return src
	}
	dst := image.NewRGBA(image.Rect(0, 0, max(w*maxSide/longer, 1), max(h*maxSide/longer, 1)))
	scaling.ApproxBiLinear.Scale(dst, dst.Rect, src, src.Rect, draw.Src, nil)
	return dst
}

// upright turns and mirrors a picture as its EXIF orientation asks for.
func upright(src *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 || orientation > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		dst = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range dst.Rect.Dy() {
		for x := range dst.Rect.Dx() {
			var sx, sy int
			switch orientation {
			case 2: // mirrored
				sx, sy = w-1-x, y
			case 3: // upside down
				sx, sy = w-1-x, h-1-y
			case 4: // upside down and mirrored
				sx, sy = x, h-1-y
			case 5: // rows and columns exchanged
				sx, sy = y, x
			case 6: // to be turned to the right
				sx, sy = y, h-1-x
			case 7: // exchanged, and upside down
				sx, sy = w-1-y, h-1-x
			case 8: // to be turned to the left
				sx, sy = w-1-y, x
			}
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
	return dst
}

// exifOrientation reads the orientation of a JPEG file (EXIF 2.32, tag 0x0112): 1 to
// 8, and 1 for every file that does not say, or not rightly.
func exifOrientation(data []byte) int {
	if !bytes.HasPrefix(data, []byte{0xff, 0xd8}) {
		return 1
	}
	for data = data[2:]; len(data) >= 4 && data[0] == 0xff; {
		marker, size := data[1], int(binary.BigEndian.Uint16(data[2:]))
		switch {
		case marker == 0xff: // padding
			data = data[1:]
			continue
		case marker == 0xda, size < 2, 2+size > len(data): // the picture begins, or is cut
			return 1
		}
		if exif, ok := bytes.CutPrefix(data[4:2+size], []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return tiffOrientation(exif)
		}
		data = data[2+size:]
	}
	return 1
}

// tiffOrientation looks through the first directory of a TIFF header.
func tiffOrientation(t []byte) int {
	if len(t) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(t[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(t[4:]))
	if at+2 > int64(len(t)) {
		return 1
	}
	entries := t[at+2:]
	for n := order.Uint16(t[at:]); n > 0 && len(entries) >= 12; n, entries = n-1, entries[12:] {
		const tag, short = 0x0112, 3
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
	}
	return 1
}
