// Folds texts as dashboard/folding.py does, by its tables (FOLDING), and keeps where each character came from.
const folding = (() => {
  const { joint, before, letters, dropped, blanks, soft } = FOLDING;
  const isDropped = new RegExp(`[${dropped}]`, "gu");
  const signs = new RegExp(`[${Object.keys(before).join("")}]`, "gu");
  // What is not simply one character of ASCII: a broken word, blanks, letters with their marks, Hangul in pieces.
  const special = new RegExp(
    `(${FOLDING.break})|([${blanks}](?:[${dropped}]*[${blanks}])+|(?! )[${blanks}])|[\\u1100-\\u115f][\\u1160-\\u11a7]?[\\u11a8-\\u11ff]?\\p{M}*` +
      "|[\\0-\\x7f]\\p{M}+|[^\\0-\\x7f]\\p{M}*",
    "gu",
  );
  const last = /([\p{L}\p{N}])\p{M}*$/u;
  const first = /^[\p{L}\p{N}]/u;
  const isLetter = /^\p{L}/u;
  const isCapital = /^[\p{Lu}\p{Lt}]/u;
  const known = new Map();

  const comparable = (piece) => {
    let done = known.get(piece);
    if (done !== undefined) return done;
    done = "";
    for (const one of piece.replace(signs, (sign) => before[sign]).normalize("NFKD")) {
      done += one.toLowerCase().toUpperCase().toLowerCase();
    }
    done = Array.from(done.replace(isDropped, ""), (one) => letters[one] ?? one).join("").normalize("NFC");
    if (known.size > 20000) known.clear(); // a text can hold as many marks on a letter as it likes
    known.set(piece, done);
    return done;
  };

  const mended = (text, found) => {
    const ahead = last.exec(text.slice(Math.max(0, found.index - 32), found.index));
    const after = first.exec(text.slice(found.index + found[0].length, found.index + found[0].length + 2));
    if (!ahead || !after) return null;
    if (soft.includes(found[0][0])) return joint;
    const goesOn = !isCapital.test(after[0]) || isCapital.test(ahead[1]);
    return goesOn && isLetter.test(ahead[1]) && isLetter.test(after[0]) ? joint : "-";
  };

  // The folded text, and for each of its characters where in the text its origin begins and ends.
  const fold = (original) => {
    const text = original.replaceAll(joint, " ");
    const starts = [];
    const ends = [];
    let whole = "";
    const put = (piece, start, end) => {
      whole += piece;
      for (let n = 0; n < piece.length; n++) {
        starts.push(start);
        ends.push(end);
      }
    };
    const plain = (start, end) => {
      whole += text.slice(start, end).toLowerCase().replaceAll("`", "'");
      for (let n = start; n < end; n++) {
        starts.push(n);
        ends.push(n + 1);
      }
    };
    let done = 0;
    special.lastIndex = 0;
    for (let found = special.exec(text); found; found = special.exec(text)) {
      let piece = found[0];
      let as = null;
      if (found[1] !== undefined) {
        as = mended(text, found);
        if (as === null) {
          piece = piece[0]; // a hyphen like any other; what follows it is looked at again
          special.lastIndex = found.index + 1;
          as = comparable(piece);
        }
      } else {
        as = found[2] === undefined ? comparable(piece) : " ";
      }
      plain(done, found.index);
      done = found.index + piece.length;
      put(as, found.index, done);
    }
    plain(done, text.length);
    return { text: whole, starts, ends };
  };

  // What to look for in folded texts: a word may be broken anywhere, and a hyphen of it may be the one at a line end.
  const pattern = (wanted) => {
    const needle = fold(wanted).text.replaceAll(joint, "").replace(/^ ?"(.+)" ?$/u, "$1");
    if (!needle) return null;
    const one = (character) => (character === "-" ? `[-${joint}]` : `\\u{${character.codePointAt(0).toString(16)}}`);
    return new RegExp(Array.from(needle, one).join(`${joint}?`), "gu");
  };

  // Where it stands, as [start, end] in the text that was folded; at most so many.
  const find = (folded, wanted, most) => {
    const found = [];
    const looked = pattern(wanted);
    let done = 0;
    for (const match of looked ? folded.text.matchAll(looked) : []) {
      const start = folded.starts[match.index];
      const end = folded.ends[match.index + match[0].length - 1];
      if (start < done || end <= start) continue; // the other half of a letter that is two
      found.push([start, end]);
      done = end;
      if (found.length === most) break;
    }
    return found;
  };

  return { fold, find, pattern };
})();
