/** Which cached tokens were recomputed. */
export interface Recomputed {
  /** Their positions, ascending; of a choice that narrows from layer to layer the first. */
  readonly positions: Int32Array;
  /** How many they are; of a choice that narrows the mean over its layers. */
  readonly tokens: number;
  /**
   * The share of the cached tokens' way through the layers that was gone, from 0 to 1; layers before the check layer,
   * which all tokens go through, are part of it.
   */
  readonly ratio: number;
}

export const NOTHING_RECOMPUTED: Recomputed = { positions: new Int32Array(), tokens: 0, ratio: 0 };
