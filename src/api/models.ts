export { DownloadError } from "../download/download-error.js";
export type { FetchModelOptions as FetchOptions } from "../models/fetch-model.js";
export { fetchModel as fetch } from "../models/fetch-model.js";
export { type ListedModel, listModels as list } from "../models/list-models.js";
