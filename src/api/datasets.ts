export type { FetchOptions } from "../datasets/fetch-dataset.js";
export { fetchDataset as fetch } from "../datasets/fetch-dataset.js";
export { DatasetError } from "../datasets/files/dataset-problem.js";
export { type ListedDataset, listDatasets as list } from "../datasets/list-datasets.js";
export type { LoadOptions } from "../datasets/load-dataset.js";
export { loadDataset as load } from "../datasets/load-dataset.js";
export { retrieveContexts as retrieve } from "../datasets/retrieval/retrieve.js";
export { DownloadError } from "../download/download-error.js";
