/** How the people of the city are: all of it in one place, so that a test can make them worse. */

export interface Habits {
  customer: {
    /** Before they pay, median. */
    paysAfterMs: number
    cancels: number
    cancelsWithinMs: number
    /** Share that watches the order on its way, and how often they look. */
    watches: number
    watchEveryMs: number
  }
  merchant: {
    reactsAfterMs: number
    rejects: number
    /** Of the time that the shop says it takes. */
    cookingShare: number
    /** Of the cooking time that a kitchen means to need, and of the truth by that. */
    cookingSigma: number
    truthSigma: number
    /** Until they look for what they were not told. */
    looksEveryMs: number
  }
  rider: {
    reactsAfterMs: number
    refuses: number
    /** Does not answer an offer at all. */
    ignores: number
    handoverAtMerchantMs: number
    handoverAtCustomerMs: number
    /** Of trips: something comes between, for so long. */
    dawdles: number
    dawdlesForMs: number
    /** Of deliveries: nobody opens, and the order goes back. */
    nobodyHome: number
    /** How often somebody on duty goes silent, and for how long. */
    vanishesPerHour: number
    vanishesForMs: [low: number, high: number]
    reportsEveryMs: [low: number, high: number]
    /** Looks for offers that they were not told of. */
    looksEveryMs: number
    speedSigma: number
  }
  /** Between two attempts at something that had no answer. */
  triesAgainAfterMs: number
}

/** Between two reports: what the platform takes for an error of a satellite fix, with room for a late one. */
const leapMetres = 120
const fastestMetresPerSecond = 6.5
const secondMs = 1000
const minuteMs = 60 * secondMs

/**
 * A usual day. `pace` is how many milliseconds of the city pass in one of the platform: what meets a limit that the platform
 * keeps in its own time (reports, silences, looks) is said in the platform's time and stretched here.
 */
export function usualHabits({ pace }: { pace: number }): Habits {
  const ofPlatform = (ms: number) => ms * pace
  // Faster than life, riders report more often: no report is a leap that nobody can ride.
  const reportMs = Math.min(1, leapMetres / (fastestMetresPerSecond * pace * 5)) * secondMs
  return {
    customer: {
      paysAfterMs: 4 * secondMs,
      cancels: 0.01,
      cancelsWithinMs: 8 * minuteMs,
      watches: 0.1,
      watchEveryMs: ofPlatform(20 * secondMs),
    },
    merchant: {
      reactsAfterMs: 8 * secondMs,
      rejects: 0.004,
      cookingShare: 1,
      cookingSigma: 0.35,
      truthSigma: 0.15,
      looksEveryMs: ofPlatform(10 * secondMs),
    },
    rider: {
      reactsAfterMs: 5 * secondMs,
      refuses: 0.04,
      ignores: 0.01,
      handoverAtMerchantMs: 45 * secondMs,
      handoverAtCustomerMs: 90 * secondMs,
      dawdles: 0.03,
      dawdlesForMs: 5 * minuteMs,
      nobodyHome: 0.002,
      vanishesPerHour: 0.05,
      vanishesForMs: [ofPlatform(30 * secondMs), ofPlatform(4 * minuteMs)],
      reportsEveryMs: [ofPlatform(3 * reportMs), ofPlatform(5 * reportMs)],
      looksEveryMs: ofPlatform(15 * secondMs),
      speedSigma: 0.1,
    },
    triesAgainAfterMs: ofPlatform(5 * secondMs),
  }
}
