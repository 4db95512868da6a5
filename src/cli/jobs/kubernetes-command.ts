import { resolve } from "node:path/posix";
import { Command, InvalidArgumentError } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import { kubernetesJobs, LOGS } from "../../launch/jobs/kubernetes-jobs.js";
import { wholeNumber } from "../flags/flags.js";
import type { Console } from "../screen/console.js";
import { addJobFlags, type JobFlags, jobOf, labelOf, requireNoneOf, wordOf } from "./job-flags.js";
import { type Commands, type PartCommand, partCommand } from "./part-command.js";

interface KubernetesFlags extends JobFlags {
  readonly image: string;
  readonly namespace?: string;
  readonly claim?: string;
  readonly storage_gib: number;
  readonly secret?: { readonly name: string; readonly key: string };
  readonly env_from?: string;
  readonly service_account?: string;
  readonly deadline_seconds?: number;
}

/** `firsttoken launch kubernetes -- COMMAND`: prints the manifests of a run as an indexed job; applies nothing. */
export function kubernetesCommand(console: Console, commands: Commands): Command {
  const command = new Command("kubernetes").description(
    "print the Kubernetes manifests of a run, one index per part, and then their report",
  );
  addJobFlags(command)
    .requiredOption("--image <image>", "the image that holds firsttoken, built from the Dockerfile", wordOf)
    .option("--namespace <name>", "the namespace (default: your context's)", labelOf(63))
    .option(
      "--claim <name>",
      "a PersistentVolumeClaim for the logs, writable from many nodes (default: a new one)",
      labelOf(63),
    )
    .option("--storage_gib <n>", "size of a new claim in GiB", wholeNumber(1), 10)
    .option("--secret <name/key>", "where the server's key is kept", secretOf)
    .option(
      "--env_from <name>",
      "a secret whose keys become variables of the pods, such as AWS_ACCESS_KEY_ID and AWS_REGION for an --out on s3://",
      nameOf,
    )
    .option(
      "--service_account <name>",
      "the account that the pods run as, such as one with a role that reaches the bucket",
      nameOf,
    )
    .option("--deadline_seconds <n>", "time limit for all parts together (default: no limit)", wholeNumber(1))
    .addHelpText(
      "after",
      `\nThe volume is mounted at ${LOGS}, where relative paths of the command begin.` +
        "\nWith --out s3://BUCKET/RUN, parts write their logs to the bucket and the report" +
        "\nis written beside them; there is no volume then, unless --claim names one for" +
        "\nlogs that could not be stored." +
        "\n\nExample:\n  kubectl create secret generic server --from-file=api_key=key.txt\n" +
        "  firsttoken launch kubernetes --shards 8 --image firsttoken:0.1.0 \\\n" +
        "    --secret server/api_key -- \\\n" +
        "    firsttoken quality --api_base http://vllm:8000/v1 > run.yaml\n" +
        "  kubectl apply --filename run.yaml",
    )
    .action(async (words: readonly string[]) => {
      requireNoneOf(command.parent, "kubernetes");
      const flags = command.opts<KubernetesFlags>();
      const part = await partCommand(words, commands);
      requireOfThePod(part);
      const job = {
        ...jobOf(flags, { ...part, program: programOf(part) }),
        ...{ image: flags.image, namespace: flags.namespace ?? null, secret: flags.secret ?? null },
        ...{ claim: flags.claim ?? null, storageGib: flags.storage_gib },
        ...{ envFrom: flags.env_from ?? null, serviceAccount: flags.service_account ?? null },
        timeSeconds: flags.deadline_seconds ?? null,
      };
      console.out.write(kubernetesJobs(job));
    });
  return command;
}

/** Refuses what would be another thing in a pod than on this machine. */
function requireOfThePod({ run, ownAddresses, key }: PartCommand): void {
  const [own] = ownAddresses;
  if (own !== undefined) {
    const rule =
      "must be the server's address in the cluster, such as http://vllm:8000/v1: in a pod, this is the pod";
    throw new OptionError("--api_base", rule, own);
  }
  if (key !== null && key !== "EMPTY")
    throw new OptionError(
      "--api_key",
      "must be in a secret, named by --secret NAME/KEY",
      key.startsWith("@") ? key : "-",
    );
  if (!resolve(LOGS, run).startsWith(`${LOGS}/`))
    throw new OptionError("--out", `must be relative, or below ${LOGS}, where the volume is mounted`, run);
}

/** The image has it on its path, and needs no npx. */
const programOf = ({ program }: PartCommand): readonly string[] =>
  program[0] === "npx" ? ["firsttoken"] : program;

/** Reads the name of an object of the cluster. */
function nameOf(value: string): string {
  if (/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value) && value.length <= 253) return value;
  throw new InvalidArgumentError("It must be the name of an object, such as s3.");
}

function secretOf(value: string): { readonly name: string; readonly key: string } {
  const [, name, key] = /^([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)\/([-._a-zA-Z0-9]+)$/.exec(value) ?? [];
  if (name !== undefined && key !== undefined) return { name, key };
  throw new InvalidArgumentError("It must be NAME/KEY, a secret and the key in it, such as server/api_key.");
}
