// Shows a room to a screen recorder: every picture in a grid, every sound played. Joins by itself, as what its address says.
import { CloudParticipant } from '../../end-to-end/browser/cloud-participant.ts';

const parameters = new URLSearchParams(location.search);
const participant = new CloudParticipant();
const players = new Map<string, HTMLMediaElement>();

document.body.style.cssText = 'margin:0;background:black;overflow:hidden;height:100vh;display:grid';

/** One element per track that is there. */
function show(): void {
  const tracks = participant.remoteTracks().filter(({ track }) => track);
  for (const { trackId, track } of tracks) {
    if (players.has(trackId) || !track) continue;
    const player = document.createElement(track.kind === 'audio' ? 'audio' : 'video');
    if (track.kind === 'video') player.style.cssText = 'width:100%;height:100%;object-fit:contain;min-height:0';
    player.srcObject = new MediaStream([track]);
    players.set(trackId, player);
    document.body.append(player);
    void player.play();
  }
  const columns = Math.ceil(Math.sqrt(document.querySelectorAll('video').length));
  document.body.style.gridTemplateColumns = `repeat(${columns}, 1fr)`;
}

/** Pictures that each track has shown so far, without those that came too late. */
function shown(): number[] {
  return [...document.querySelectorAll('video')].map((video) => {
    const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
    return totalVideoFrames - droppedVideoFrames;
  });
}

await participant.join({
  host: parameters.get('host') as string,
  token: parameters.get('token') as string,
  metadata: { name: 'recorder' },
  onEvent: () => show(),
});
setInterval(() => void fetch('/shown', { method: 'POST', body: JSON.stringify(shown()) }), 100);
