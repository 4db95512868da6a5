import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { withoutSecrets } from "../../domain/secrets/named-secrets.js";
import { redactor } from "../../domain/secrets/redactor.js";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The statements by which DuckDB reaches S3 with what the environment says: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
 * `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL`; without a key, the profile or the role that the variables of AWS
 * name. What fails is tried again for some seconds, with longer and longer pauses.
 */
export function s3Access(environment: Environment = process.env): readonly string[] {
  const endpoint = environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  const fields: Environment = {
    PROVIDER: hasChain(environment) ? "credential_chain" : undefined,
    KEY_ID: environment.AWS_ACCESS_KEY_ID,
    SECRET: environment.AWS_SECRET_ACCESS_KEY,
    SESSION_TOKEN: environment.AWS_SESSION_TOKEN,
    REGION: environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION,
    ENDPOINT: endpoint?.replace(/^https?:\/\//, "").replace(/\/$/, ""),
    URL_STYLE: endpoint === undefined ? undefined : "path",
    USE_SSL: endpoint?.startsWith("http://") ? "false" : undefined,
  };
  const given = Object.entries(fields).flatMap(([name, value]) =>
    value ? [`${name} '${value.replaceAll("'", "''")}'`] : [],
  );
  return [
    `CREATE SECRET (${["TYPE s3", ...given].join(", ")})`,
    "SET http_retries = 6",
    "SET http_retry_wait_ms = 200",
    "SET http_retry_backoff = 2",
  ];
}

/** What says that a profile or a role has the key. Without any, nobody is asked: a public bucket needs none. */
const CHAIN = [
  "AWS_PROFILE",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_SHARED_CREDENTIALS_FILE",
] as const;

const hasChain = (environment: Environment): boolean =>
  !environment.AWS_ACCESS_KEY_ID &&
  (CHAIN.some((name) => environment[name]) || existsSync(join(homedir(), ".aws", "credentials")));

const NO_KEY = `no key was found with what the environment names (${CHAIN.join(", ")}, ~/.aws/credentials)`;

/** A message of DuckDB's, which may name what it was given, without keys; its first line. */
export function withoutCredentials(message: string): string {
  if (/Secret Validation Failure/.test(message)) return NO_KEY;
  const { AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN = "" } = process.env;
  const redact = redactor([AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN]);
  return withoutSecrets(redact(message)).split("\n")[0]!.replace(/\.$/, "");
}
