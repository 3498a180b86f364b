import { translate } from '../../call/browser/translate.ts';
import { englishTexts } from './english-texts.ts';
import { germanTexts } from './german-texts.ts';
import { JoinFlow } from './join-flow.ts';

const texts = document.documentElement.lang === 'de' ? germanTexts : englishTexts;
translate(texts);
document.title = texts.conference;
const flow = new JoinFlow(texts);
void flow.start();
// Without this the others would see the peer until the server notices.
addEventListener('pagehide', () => flow.close());
// The browser shows the page as it was left, when the visitor comes back to it.
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
