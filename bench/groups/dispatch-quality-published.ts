/** What others published on the meal delivery routing problem; minutes, means over instances. */
import type { Measures } from '../../apps/dispatch/mdrp/measures.ts'

/** Reyes, Erera, Savelsbergh, Sahasrabudhe and O'Neil 2018, table 4: click to door, theirs and the optimum of Yildiz and Savelsbergh. */
export const small: Readonly<Record<string, { reyes: number; optimum: number }>> = {
  '0o50t100s1p100': { reyes: 31.19, optimum: 29.81 },
  '0o50t100s1p125': { reyes: 34.67, optimum: 33.4 },
  '0o50t100s2p100': { reyes: 29.79, optimum: 28.96 },
  '0o50t100s2p125': { reyes: 34.18, optimum: 32.6 },
  '0o50t75s1p100': { reyes: 28.4, optimum: 27.49 },
  '0o50t75s1p125': { reyes: 31.62, optimum: 31.1 },
  '0o50t75s2p100': { reyes: 27.29, optimum: 26.83 },
  '0o50t75s2p125': { reyes: 31.19, optimum: 30.52 },
  '0r50t100s1p100': { reyes: 32.46, optimum: 30.76 },
  '0r50t100s1p125': { reyes: 36.75, optimum: 34.66 },
  '0r50t100s2p100': { reyes: 31.21, optimum: 29.93 },
  '0r50t100s2p125': { reyes: 35.6, optimum: 33.86 },
  '0r50t75s1p100': { reyes: 29.57, optimum: 28.47 },
  '0r50t75s1p125': { reyes: 33.71, optimum: 32.45 },
  '0r50t75s2p100': { reyes: 29.03, optimum: 27.95 },
  '0r50t75s2p125': { reyes: 33.41, optimum: 32 },
}

/** The same, ready to pick-up, of which the table has the means alone. */
export const smallReadyToPickup = { reyes: 1.4, optimum: 0.66 }

/** Reyes et al., table 17: their default algorithm on all 240 instances. */
export const ofAll: Omit<Measures, 'orders'> = {
  undeliveredPercent: 0.25,
  clickToDoorMean: 32.74,
  clickToDoorP90: 49.3,
  overageMean: 2.77,
  readyToPickupMean: 1.93,
  readyToPickupP90: 6.04,
  dollarsPerOrder: 11.42,
  ordersPerBundle: 1.09,
}

/** The same, where only the mean preparation time of each restaurant is known beforehand. */
export const ofAllEstimated: Omit<Measures, 'orders'> = {
  undeliveredPercent: 0.62,
  clickToDoorMean: 34.03,
  clickToDoorP90: 50.63,
  overageMean: 3.4,
  readyToPickupMean: 2.9,
  readyToPickupP90: 9.94,
  dollarsPerOrder: 11.32,
  ordersPerBundle: 1.11,
}
