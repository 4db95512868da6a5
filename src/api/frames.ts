export {
  concatFrames as concat,
  filterFrame as filter,
  groupFrame as group,
  sortFrame as sort,
  summariseFrame as summarise,
} from "../notebook/frames.js";
