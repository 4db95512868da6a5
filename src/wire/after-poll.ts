const waiting = new Set<() => void>();

/**
 * Runs a task once every socket that is ready now has been read: stamps first, work after. A task that waits already
 * is not run twice.
 *
 * One task runs in each turn of the event loop, so that sockets are read, and stamped, between any two. A task must
 * not throw.
 */
export function afterPoll(task: () => void): void {
  if (waiting.size === 0) setImmediate(runFirst);
  waiting.add(task);
}

function runFirst(): void {
  for (const task of waiting) {
    waiting.delete(task);
    if (waiting.size > 0) setImmediate(runFirst);
    task();
    return;
  }
}
