// The service worker. It keeps the page's own files, so that a weak connection does not break the page in
// the middle of a sign-in. Nothing of a transaction passes through it: only GET, only under /static/. It also
// shows what is pushed to this browser, and a tap on that opens the page on which the person answers.

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

self.addEventListener("push", (event) => event.waitUntil(show(event.data)));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openApproval());
});

// A browser takes the right to push away from a page that shows nothing for a push, whatever came.
function show(data) {
  let said = {};
  try {
    said = data.json();
  } catch {
    // What cannot be read is shown without words of its own.
  }
  const title = said.title || self.registration.scope;
  return self.registration.showNotification(title, { body: said.text || "", tag: "visor-approval", renotify: true });
}

async function openApproval() {
  const place = new URL("approve/", self.registration.scope).href;
  for (const page of await self.clients.matchAll({ type: "window" })) {
    if (page.url.startsWith(place) && "focus" in page) {
      return page.focus();
    }
  }
  return self.clients.openWindow(place);
}

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
