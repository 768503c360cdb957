// Package browsertest runs a real Chromium for the tests of the pages. One browser serves a
// test binary; every tab has cookies and a cache of its own, and fails its test if its page
// did what none of ours may do: see Record.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/chromedp/chromedp"
)

// patience bounds every wait. It is no measure of anything.
const patience = time.Minute

// debian is the package that has the browser.
const debian = "chromium"

// shared is the browser of this test binary.
var shared struct {
	sync.Mutex
	browser *browser
}

// browser is one Chromium with an empty profile.
type browser struct {
	ctx    context.Context // of chromedp: tabs are its children
	folder string
	close  []context.CancelFunc
}

// theBrowser starts the browser when it is first asked for.
func theBrowser() (*browser, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.browser != nil {
		return shared.browser, nil
	}
	b, err := start()
	if err == nil {
		shared.browser = b
	}
	return b, err
}

// End ends the browser, if one was started, and removes its profile. TestMain calls it
// when the tests have run.
func End() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.browser == nil {
		return nil
	}
	err := shared.browser.end()
	shared.browser = nil
	return err
}

func start() (*browser, error) {
	path, err := find()
	if err != nil {
		return nil, err
	}
	b := &browser{}
	if b.folder, err = os.MkdirTemp("", "chromium"); err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(b.folder), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("headless", "new"), chromedp.DisableGPU, chromedp.Flag("disable-quic", true),
		// It asks nobody but the server under test.
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-default-apps", true), chromedp.Flag("disable-extensions", true), chromedp.Flag("disable-breakpad", true),
		chromedp.Flag("disable-features", "Translate,MediaRouter,OptimizationHints"), chromedp.Flag("no-pings", true),
		// Tabs in the background are tested as well.
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true), chromedp.Flag("disable-hang-monitor", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("password-store", "basic"), chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("lang", "en-GB"), chromedp.WindowSize(1280, 800),
	}
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // it refuses to run as root with one
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, quit := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}), chromedp.WithLogf(func(string, ...any) {}))
	b.ctx, b.close = ctx, []context.CancelFunc{quit, end}
	if err := chromedp.Do(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", path, err), b.end())
	}
	return b, nil
}

// end waits until the browser has ended.
func (b *browser) end() error {
	for _, c := range b.close {
		c()
	}
	return os.RemoveAll(b.folder)
}

// find returns the browser's program.
func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Chromium on this machine (Debian: apt-get install %s); make test installs it", debian)
}
