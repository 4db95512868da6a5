/**
 * Calls back once `performance.now()` has reached `due`, and never before, as Node's timers may by a millisecond;
 * returns what cancels it.
 */
export function callAt(due: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    timer = setTimeout(
      () => {
        if (performance.now() >= due) callback();
        else wait();
      },
      Math.ceil(due - performance.now()),
    );
  };
  wait();
  return () => clearTimeout(timer);
}
