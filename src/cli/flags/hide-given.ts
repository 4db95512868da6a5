import { commandSecrets } from "../../domain/secrets/command-line.js";
import { withoutKeys } from "../../domain/secrets/named-secrets.js";
import { redactor } from "../../domain/secrets/redactor.js";

/** Shows a message about a command line without the keys in its words. */
export interface HideGiven {
  /** In a message of ours. */
  message(text: string): string;
  /** In an error about a word, which may be a key in the wrong place or after a misspelt flag. */
  complaint(text: string): string;
}

export function hideGiven(argv: readonly string[]): HideGiven {
  const redact = redactor(commandSecrets(argv).filter((secret) => !secret.startsWith("@")));
  return {
    message: redact,
    complaint: (text) => withoutKeys(redact(text)).replace(/(unknown option '[^'=]*)=.*'/gs, "$1'"),
  };
}
