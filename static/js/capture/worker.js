// The service worker. It keeps the page's own files, so that a weak connection does not break the page in
// the middle of a sign-in. Nothing of a transaction passes through it: only GET, only under /static/.

const CACHE = "visor-agent-1";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const ours = url.origin === self.location.origin && url.pathname.startsWith("/static/");
  if (event.request.method === "GET" && ours) {
    event.respondWith(freshOrKept(event.request));
  }
});

async function freshOrKept(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) {
      await cache.put(request, response.clone());
    }
    return response;
  } catch (error) {
    const kept = await cache.match(request);
    if (kept) {
      return kept;
    }
    throw error;
  }
}
