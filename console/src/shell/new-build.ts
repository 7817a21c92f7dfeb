// A page that was open while the server was upgraded asks for parts that are gone. It loads itself anew, once.

const RELOADED = 'overair-reloaded-at';
/** A second failure so soon has another cause: reloading again would go on for ever. */
const ONCE_IN_MS = 60_000;

export function reloadForNewBuild(): void {
  window.addEventListener('vite:preloadError', (event) => {
    const last = Number(read() ?? 0);
    if (Date.now() - last < ONCE_IN_MS) return;
    try {
      sessionStorage.setItem(RELOADED, String(Date.now()));
    } catch {
      // Without a memory it cannot know whether it has done so before: the visitor reloads.
      return;
    }
    event.preventDefault();
    location.reload();
  });
}

function read(): string | null {
  try {
    return sessionStorage.getItem(RELOADED);
  } catch {
    return null;
  }
}
