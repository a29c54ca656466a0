/** What most needs review: the least certain first, then what differs most from what came before. */

const MOST = 400;
const WINDOW = 30;

/** 1 where the two likeliest stances are even, or a claim type stands on its edge; 0 where all is certain. */
export function doubt(sentence) {
  const [first = 1, second = 0] = Object.values(sentence.stance_probabilities).sort((a, b) => b - a);
  const claims = Object.values(sentence.claim_probabilities).map((share) => 1 - Math.abs(2 * share - 1));
  return Math.max(1 - (first - second), ...claims, 0);
}

const wordsOf = (text) => new Set(text.match(/[\p{L}\p{N}]{3,}/gu) ?? []);

function likeness(a, b) {
  let both = 0;
  for (const word of a) both += b.has(word);
  return both / Math.max(1, a.size + b.size - both);
}

/**
 * Sentences in the order of review.
 * @template {{text: string, needs_review: boolean, stance_probabilities: object, claim_probabilities: object}} S
 * @param {S[]} sentences
 * @returns {S[]}
 */
export function ordered(sentences) {
  const rest = sentences.map((sentence) => ({ sentence, doubt: doubt(sentence) + (sentence.needs_review ? 1 : 0), words: wordsOf(sentence.text), like: 0 }))
    .sort((a, b) => b.doubt - a.doubt);
  const tail = rest.splice(MOST);
  const order = [];
  while (rest.length) {
    // Of the least certain the one that is least like those taken.
    let best = 0;
    for (let place = 1; place < Math.min(WINDOW, rest.length); place += 1) {
      if (rest[place].doubt - rest[place].like / 2 > rest[best].doubt - rest[best].like / 2) best = place;
    }
    const [taken] = rest.splice(best, 1);
    order.push(taken.sentence);
    for (const one of rest) one.like = Math.max(one.like, likeness(one.words, taken.words));
  }
  return [...order, ...tail.map((one) => one.sentence)];
}
