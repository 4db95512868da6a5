export { fetchDataset as fetch } from "../datasets/fetch-dataset.js";
export { loadDataset as load } from "../datasets/load-dataset.js";
