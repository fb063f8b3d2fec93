/** What each finding looks like, written apart from the maker: by the words that must be there. */
export const defectPatterns: Record<string, RegExp> = {
  'empty catch swallows the error':
    /catch ?(?:\(\w+(?: \w+)?\) ?)?\{\s*\}|catch\(\(?\w*\)? => \{\}\)|except\b[^\n]*:\s*(?:pass|\.\.\.)\s|err != nil \{\s*\}/,
  'unfinished work left as a TODO': /TODO|FIXME|XXX/,
  'debug output left in the code':
    /console\.(?:log|debug|dir)\(|^\s*p?print\(|debugger|fmt\.Print|println!|dbg!|System\.(?:out|err)\.println/m,
  'secret written in the source': /(?:password|secret|token|key)\w*["']?\]?(?: ?= ?| := |: )["'`][^"'`]{6,}["'`]/i,
  'runs a string as code': /(?<![.\w])(?:eval|exec)\(|engine\.eval\(|new Function\(|setTimeout\('/,
  'promise is not awaited':
    /^\s*(?:(?:const|let) \w+ = |\w+ = )?(?:fetch\(|fs\.promises\.|asyncio\.(?:sleep|wait_for|gather)\(|[\w.]+(?:Async|_async)\()(?!.*catch\()/m,
  'opened file is never closed': /= (?:open|io\.open|fs\.openSync|openSync|os\.Open)\(|_path\.open\(\)|= new File\w+\(/,
  'mutable default argument': /def \w+\([^)]*=(?:\[1?\]|\{\}|list\(\)|dict\(\)|set\(\))/,
  'loop runs one past the end':
    /<= ?\w+\.(?:length|size\(\))(?! - 1)|<= len\(\w+\)|len\(\w+\) \+ 1\)|\.\.=\w+\.len\(\)/,
};
