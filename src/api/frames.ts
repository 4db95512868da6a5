import { concatFrames, filterFrame, groupFrame, sortFrame, summariseFrame } from "../notebook/frames.js";

/** What danfojs does to its own frames at one's peril, done on plain rows: frames in, new frames out. */
export const frames = {
  concat: concatFrames,
  filter: filterFrame,
  sort: sortFrame,
  group: groupFrame,
  summarise: summariseFrame,
};
