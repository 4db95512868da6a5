export { DatasetError } from "../datasets/dataset-error.js";
export { DownloadError } from "../datasets/download-error.js";
export { fetchDataset as fetch } from "../datasets/fetch-dataset.js";
export { loadDataset as load } from "../datasets/load-dataset.js";
