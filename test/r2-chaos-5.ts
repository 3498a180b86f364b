const root = process.argv[2]!;
const { pino } = await import(`${root}/node_modules/pino/pino.js`).then((m: any) => m.default ? { pino: m.default } : m);
const { PeerSession } = await import(`${root}/src/signalling/peer-session.ts`);
const { systemClock } = await import(`${root}/src/clock/clock.ts`);
const { RoomOnWorker } = await import(`${root}/test/sfu/room-on-worker.ts`);
const { offerText } = await import(`${root}/test/signalling/sdp/offers.ts`);
const pause = (ms: number) => new Promise((r) => setTimeout(r, ms));
let seed = Number(process.argv[3] ?? 1);
const random = () => ((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32);
const pick = (n: number) => Math.floor(random() * n);
const turn = { entriesFor: () => [], left() {}, restarted() {}, close: async () => {} };
const bad: string[] = []; let unhandled = 0;
process.on('unhandledRejection', (e) => { unhandled++; console.log('UNHANDLED', e); });
const warnings: Record<string, number> = {};
const logger = pino({ level: 'warn' }, { write: (l: string) => { const o = JSON.parse(l); const k = `${o.msg} ${o.err?.message ?? ''}`.replace(/[0-9a-f-]{36}/g, 'ID'); warnings[k] = (warnings[k] ?? 0) + 1; } });
const media = await RoomOnWorker.open();
const { room } = media;
class Client {
  peer: any; session: any; endpoints = new Map<string, Set<string>>(); mids = new Map<string, string>();
  mline: { mid: string; mine?: string; on: boolean; ssrc: number }[] = []; metadata: Record<string, unknown> = {};
  queue: Promise<void> = Promise.resolve(); waiting: { audio: number } | undefined; busy = false; rounds = 0; gone = false; answered = new Set<string>(); ufrag = 0; latency = pick(3) ? pick(20) : pick(150); silent: boolean;
  constructor(silent: boolean) {
    this.silent = silent;
    this.peer = room.addPeer({ enableSimulcast: true });
    room.connectPeer(this.peer.id, { close: () => this.session.close() });
    // Events arrive later, in order.
    const wait = this.latency;
    this.session = new PeerSession({ room, peer: this.peer, send: (e: any) => { const c = JSON.parse(JSON.stringify(e)); const snapshot = e.type === 'connected' ? e.endpoints.map((x: any) => x.id) : undefined; this.queue = this.queue.then(() => pause(wait)).then(() => this.on(e, snapshot, c)).catch((error) => { bad.push(`${error}`); }); }, turn, clock: systemClock, logger });
    if (silent) this.add(false);
    this.session.receive({ type: 'connect', metadata: null });
  }
  tell(event: any) { const wait = this.latency; this.out = this.out.then(() => pause(wait)).then(() => { if (!this.gone) this.session.receive(event); }); }
  out: Promise<void> = Promise.resolve();
  on(e: any, ids: string[] | undefined, copy: any) {
    if (this.gone) return;
    if (e.type === 'connected') for (const id of ids!) this.endpoints.set(id, new Set());
    else if (e.type === 'endpointAdded') this.endpoints.set(copy.endpoint?.id ?? e.endpoint.id, new Set());
    else if (e.type === 'endpointRemoved') { if (!this.endpoints.delete(e.endpointId)) throw new Error('endpointRemoved of unknown'); }
    else if (e.type === 'tracksAdded') { const s = this.endpoints.get(e.endpointId); if (!s) throw new Error('tracksAdded of unknown endpoint'); for (const { id } of e.tracks) s.add(id); }
    else if (e.type === 'tracksRemoved') { const s = this.endpoints.get(e.endpointId); if (!s) throw new Error('tracksRemoved of unknown endpoint'); for (const id of e.trackIds) { if (!s.delete(id)) throw new Error('tracksRemoved of unknown track'); if (!this.answered.has(id)) throw new Error('tracksRemoved of a track that no answer named'); this.answered.delete(id); } }
    else if (e.type === 'offerData') { if (this.busy) { this.again = e; return; } void this.offer(e); }
    else if (e.type === 'sdpAnswer') { this.answered = new Set(Object.values(e.midToTrackId)); this.busy = false; const next = this.again; this.again = undefined; if (next) void this.offer(next); }
  }
  again: any;
  async offer(e: any) {
    this.busy = true; this.rounds++;
    const have = this.mline.filter((m) => !m.mine).length;
    for (let i = have; i < e.audio; i++) this.mline.push({ mid: `${this.mline.length}`, on: true, ssrc: 0 });
    this.ufrag++;
    const sections = this.mline.map((m) => m.mine ? { mid: m.mid, kind: 'audio', direction: m.on ? 'sendonly' : 'inactive', lines: m.on ? [`a=ssrc:${m.ssrc} cname:x`] : [] } : { mid: m.mid, kind: 'audio', direction: 'recvonly' });
    const sdp = offerText(sections as any, { ufrag: `abcd${this.ufrag}` });
    const withMid = Object.fromEntries(this.mline.filter((m) => m.mine && m.on).map((m) => [m.mid, m.mine!]));
    await pause(pick(40));
    // as the SDKs do: names those that the connection has now
    const still = Object.fromEntries(Object.entries(withMid).filter(([, id]) => id in this.metadata));
    if (!this.gone) this.tell({ type: 'sdpOffer', sdp, midToTrackId: still, trackMetadata: { ...this.metadata } });
  }
  add(announced = true) { const mine = `${this.peer.id}:${this.mline.length}`; this.mline.push({ mid: `${this.mline.length}`, mine, on: true, ssrc: 1000 + pick(1e9) }); this.metadata[mine] = null; if (announced) this.tell({ type: 'renegotiateTracks' }); }
  remove() { const on = this.mline.filter((m) => m.mine && m.on); if (!on.length) return; const m = on[pick(on.length)]!; m.on = false; delete this.metadata[m.mine!]; this.tell({ type: 'renegotiateTracks' }); }
  leave() { this.gone = true; this.session.close(); room.removePeer(this.peer.id); }
}
const clients: Client[] = [];
const until = performance.now() + Number(process.argv[4] ?? 15) * 1000;
while (performance.now() < until) {
  const what = pick(10);
  if (clients.length < 6 && what < 3) clients.push(new Client(random() < 0.4));
  else if (clients.length) { const c = clients[pick(clients.length)]!; if (what < 6 && c.mline.length < 40) c.add(); else if (what < 8) c.remove(); else if (what === 8 && random() < 0.9) { clients.splice(clients.indexOf(c), 1); c.leave(); } }
  await pause(pick(4) ? pick(15) : pick(200));
}
await pause(16_000);
for (const c of clients) {
  const mine = Object.keys(c.metadata).filter((id) => !room.media.publications.has(id));
  if (mine.length) bad.push(`LOST own ${mine} rounds ${c.rounds} silent ${c.silent} state ${c.busy}`);
  const theirs = clients.filter((o) => o !== c).flatMap((o) => Object.keys(o.metadata)).filter((id) => !c.answered.has(id));
  if (theirs.length) bad.push(`LOST theirs ${theirs.length} of ${c.peer.id}`);
}
const all = new Set(clients.flatMap((c) => Object.keys(c.metadata)));
const ghosts = [...room.media.publications.keys()].filter((id) => !all.has(id as string));
if (ghosts.length) bad.push(`GHOSTS ${ghosts.length}`);
if (room.media.transports.size !== clients.length) bad.push(`transports ${room.media.transports.size} of ${clients.length}`);
const counts: Record<string, number> = {}; for (const b of bad) { const k = b.replace(/[0-9a-f-]{36}/g, 'ID'); counts[k] = (counts[k] ?? 0) + 1; }
console.log(root, 'seed', process.argv[3], 'clients', clients.length, 'rounds', clients.map((c) => c.rounds).join(), 'unhandled', unhandled, counts, warnings);
for (const c of clients) c.leave();
await media.close();
process.exit(0);
