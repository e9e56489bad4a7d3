// The client of the integration guide, grown into a page. The hub passes the `message` of a chat frame on as it
// is, so a message here is a small object: what is said, and by whom. Presence travels the same way.

const RETRY_MIN_MS = 400;
const RETRY_MAX_MS = 5_000;
const PRESENCE_EVERY_MS = 8_000;
const PRESENCE_LOST_MS = 20_000;
const MESSAGES_SHOWN_MAX = 500;

const byId = (id) => document.getElementById(id);
const messages = byId('messages');
const text = byId('text');
const nickname = byId('nickname');

const self = crypto.randomUUID();
/** Who is here: id -> { nickname, seen }. */
const people = new Map();

let socket;
let retryMs = RETRY_MIN_MS;

nickname.value = sessionStorage.getItem('nickname') ?? `guest-${self.slice(0, 4)}`;

connect();
setInterval(announce, PRESENCE_EVERY_MS);
setInterval(forgetTheLost, PRESENCE_EVERY_MS / 2);

function connect() {
  showState('connecting', 'connecting');
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  socket = new WebSocket(`${scheme}://${location.host}/api/v1/ws/connect`);
  socket.addEventListener('open', () => {
    retryMs = RETRY_MIN_MS;
    showState('open', 'connected');
    socket.send(JSON.stringify({ type: 'update_metadata', nickname: nickname.value, avatar: 'default' }));
    chat({ kind: 'hello', nickname: nickname.value });
  });
  socket.addEventListener('message', (event) => receive(JSON.parse(event.data)));
  socket.addEventListener('close', (event) => {
    people.clear();
    showPeople();
    const cause = event.reason || (event.code === 1006 ? 'hub not reachable' : `code ${event.code}`);
    showState('closed', `reconnecting (${cause})`);
    setTimeout(connect, retryMs * (0.8 + Math.random() * 0.4));
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  });
}

/** Handles one frame of the hub: `{ topic, data }`. */
function receive({ topic, data }) {
  if (topic === 'welcome') notice(`${data.message} (client ${data.client_count})`);
  else if (topic === 'broadcast') notice(`${data.from}: ${data.message}`);
  else if (topic === 'chat') receiveChat(data);
}

function receiveChat({ from, message, timestamp }) {
  // Other clients of the guide send plain text.
  if (message === null || typeof message !== 'object') return say(from, String(message), timestamp, false);
  const { kind, id, nickname: name, text: words } = message;
  if (typeof id !== 'string' || typeof name !== 'string') return;
  if (kind === 'bye') {
    if (people.delete(id)) notice(`${name} left`);
    return showPeople();
  }
  if (!people.has(id) && id !== self) notice(`${name} is here`);
  people.set(id, { nickname: name, seen: performance.now() });
  showPeople();
  if (kind === 'hello' && id !== self) announce();
  if (kind === 'say' && typeof words === 'string') say(name, words, timestamp, id === self);
}

function chat(message) {
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify({ type: 'chat', message: { ...message, id: self } }));
}

function announce() {
  chat({ kind: 'here', nickname: nickname.value });
}

function forgetTheLost() {
  for (const [id, person] of people) {
    if (performance.now() - person.seen > PRESENCE_LOST_MS) people.delete(id);
  }
  showPeople();
}

function showState(state, words) {
  byId('state').dataset.state = state;
  byId('state').textContent = words;
  text.disabled = byId('send').disabled = state !== 'open';
  if (state === 'open') text.focus();
}

function showPeople() {
  byId('count').textContent = people.size;
  byId('people').replaceChildren(
    ...[...people].map(([id, person]) => {
      const item = document.createElement('li');
      item.textContent = person.nickname;
      if (id === self) item.className = 'self';
      return item;
    }),
  );
}

function say(name, words, timestamp, isOwn) {
  const item = document.createElement('li');
  if (isOwn) item.className = 'own';
  const who = document.createElement('span');
  who.className = 'who';
  who.textContent = name;
  const time = document.createElement('time');
  time.textContent = new Date(timestamp * 1000).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
  });
  who.append(time);
  item.append(who, words);
  show(item);
}

function notice(words) {
  const item = document.createElement('li');
  item.className = 'notice';
  item.textContent = words;
  show(item);
}

function show(item) {
  const isAtEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 80;
  messages.append(item);
  while (messages.childElementCount > MESSAGES_SHOWN_MAX) messages.firstElementChild.remove();
  if (isAtEnd) item.scrollIntoView({ block: 'end' });
}

byId('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (words === '') return;
  chat({ kind: 'say', nickname: nickname.value, text: words });
  text.value = '';
});

byId('identity').addEventListener('submit', (event) => {
  event.preventDefault();
  text.focus();
});

nickname.addEventListener('change', () => {
  nickname.value = nickname.value.trim() || `guest-${self.slice(0, 4)}`;
  sessionStorage.setItem('nickname', nickname.value);
  announce();
});

addEventListener('pagehide', () => chat({ kind: 'bye', nickname: nickname.value }));
