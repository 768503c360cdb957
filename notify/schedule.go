package notify

import "time"

// The waits between attempts: short ones for a restart, long ones for a broken
// machine that somebody has to come for. Together a day and a half.
const (
	retry1 = 5 * time.Second
	retry2 = 30 * time.Second
	retry3 = 2 * time.Minute
	retry4 = 10 * time.Minute
	retry5 = time.Hour
	retry6 = 3 * time.Hour
	retry7 = 8 * time.Hour
	retry8 = 24 * time.Hour
)

// Schedule returns how long is waited after each failed attempt, before jitter. After
// the last one nothing is tried any more: a delivery has one attempt more than there
// are waits.
func Schedule() []time.Duration {
	return []time.Duration{retry1, retry2, retry3, retry4, retry5, retry6, retry7, retry8}
}

const (
	// MaxJitter is the part of a wait that jitter adds at most: receivers that came
	// back are not met by everything at once.
	MaxJitter = 0.2

	// maxHold bounds how long a receiver that does not answer is left alone. It is
	// also how late it is noticed that one is back.
	maxHold = retry5

	// giveUpAfter is how long a receiver must have been silent, and a delivery old,
	// for the delivery to be given up although it was not tried on the whole schedule:
	// one attempt in maxHold cannot serve every delivery, and their number has to end.
	// It is the whole schedule with the most jitter.
	giveUpAfter = 44 * time.Hour
)

// wait returns the wait after the given number of failed attempts, from 1, and false
// when there is to be no further one. jitter is from [0, 1).
func wait(attempts int, jitter float64) (time.Duration, bool) {
	s := Schedule()
	if attempts > len(s) {
		return 0, false
	}
	return jittered(s[max(attempts, 1)-1], jitter), true
}

// hold returns how long a receiver is left alone after it failed to answer so many
// times in a row, from 1.
func hold(failures int, jitter float64) time.Duration {
	s := Schedule()
	return jittered(min(s[min(max(failures, 1), len(s))-1], maxHold), jitter)
}

func jittered(d time.Duration, jitter float64) time.Duration {
	return d + time.Duration(float64(d)*MaxJitter*min(max(jitter, 0), 1))
}
