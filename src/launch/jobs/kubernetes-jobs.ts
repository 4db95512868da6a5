import { isOnS3, mergeWords, type PartsJob, USAGE_EXIT_CODE } from "./parts-job.js";
import { type Yaml, yaml } from "./yaml.js";

/** A run in parts as an indexed job of Kubernetes. */
export interface KubernetesJob extends PartsJob {
  readonly namespace: string | null;
  readonly image: string;
  /** The claim of the volume that holds the logs, or what could not be stored in a bucket; null for one of its own, which a bucket needs not. */
  readonly claim: string | null;
  /** How large that is. */
  readonly storageGib: number;
  /** Where the server's key is kept; null where none is sent. */
  readonly secret: { readonly name: string; readonly key: string } | null;
  /** A secret whose keys become variables of the pods, such as `AWS_ACCESS_KEY_ID`; null where there is none. */
  readonly envFrom: string | null;
  /** The account that the pods run as; null for the namespace's default. */
  readonly serviceAccount: string | null;
  /** The longest the parts may take together; null for no limit. */
  readonly timeSeconds: number | null;
}

/** Where the volume is mounted; paths of the command are relative to it. */
export const LOGS = "/logs";

const CONTAINER = "firsttoken";
/** The user `node` of the image. */
const USER = 1000;

/**
 * Manifests of an indexed Job with a completion for each part, of a suspended Job that reads them, and of the claim of their
 * volume, unless there is one or the logs are in a bucket.
 *
 * Fields as in Kubernetes 1.33 (`batch/v1`), where `backoffLimitPerIndex` is stable; in beta since 1.29.
 */
export function kubernetesJobs(job: KubernetesJob): string {
  const { name, parts, claim, namespace } = job;
  const inBucket = isOnS3(job.run);
  const claimed = claim ?? (inBucket ? null : `${name}-logs`);
  const inNamespace = namespace === null ? "" : ` --namespace ${namespace}`;
  const metadata = (own: string): Yaml => ({ name: own, namespace: namespace ?? undefined });
  const volume: Yaml = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: metadata(claimed ?? ""),
    spec: { accessModes: ["ReadWriteMany"], resources: { requests: { storage: `${job.storageGib}Gi` } } },
  };
  const measuring: Yaml = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadata(name),
    spec: {
      completionMode: "Indexed",
      completions: parts,
      parallelism: Math.min(job.parallel ?? parts, parts),
      backoffLimitPerIndex: job.retries,
      activeDeadlineSeconds: job.timeSeconds ?? undefined,
      podFailurePolicy: {
        rules: [
          {
            action: "FailIndex",
            onExitCodes: { containerName: CONTAINER, operator: "In", values: [USAGE_EXIT_CODE] },
          },
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        ],
      },
      template: pod(job, claimed, job.words, [
        { name: "JOB_COMPLETIONS", value: String(parts) },
        ...(job.secret === null
          ? []
          : [{ name: "FIRSTTOKEN_API_KEY", valueFrom: { secretKeyRef: { ...job.secret } } }]),
      ]),
    },
  };
  const merging: Yaml = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadata(`${name}-report`),
    spec: { suspend: true, backoffLimit: 0, template: pod(job, claimed, mergeWords(job.run), []) },
  };
  const documents = [...(claim === null && !inBucket ? [volume] : []), measuring, merging];
  return [
    `# ${parts === 1 ? "One part" : `${parts} parts`}, then their report, which waits to be resumed:`,
    "#   kubectl apply --filename THIS_FILE",
    `#   kubectl wait${inNamespace} --for=condition=complete --timeout=-1s job/${name}`,
    `#   kubectl patch${inNamespace} job/${name}-report --patch '{"spec":{"suspend":false}}'`,
    "",
    documents.map(yaml).join("---\n"),
  ].join("\n");
}

function pod(job: KubernetesJob, claim: string | null, words: readonly string[], own: readonly Yaml[]): Yaml {
  const { cpus, memoryGib, envFrom, serviceAccount } = job;
  const copies = isOnS3(job.run) ? [{ name: "FIRSTTOKEN_S3_COPIES", value: `${LOGS}/s3` }] : [];
  const env = [...own, ...copies];
  const amounts = {
    ...(cpus !== null && { cpu: String(cpus) }),
    ...(memoryGib !== null && { memory: `${memoryGib}Gi` }),
  };
  const isLimited = Object.keys(amounts).length > 0;
  return {
    spec: {
      restartPolicy: "Never",
      serviceAccountName: serviceAccount ?? undefined,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        fsGroup: USER,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: CONTAINER,
          image: job.image,
          command: job.program.map(unexpanded),
          args: words.map(unexpanded),
          workingDir: LOGS,
          envFrom: envFrom === null ? undefined : [{ secretRef: { name: envFrom } }],
          env: env.length > 0 ? env : undefined,
          resources: isLimited ? { requests: amounts, limits: amounts } : undefined,
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          volumeMounts: [{ name: "logs", mountPath: LOGS }],
        },
      ],
      volumes: [
        {
          name: "logs",
          ...(claim === null ? { emptyDir: {} } : { persistentVolumeClaim: { claimName: claim } }),
        },
      ],
    },
  };
}

/** Kubernetes puts variables in place of `$(NAME)`, and reads `$$` as a dollar sign. */
const unexpanded = (word: string): string => word.replaceAll("$", "$$$$");
