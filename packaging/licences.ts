/**
 * Packages that state a licence in package.json but bring no file with its text: who holds the copyright, as their
 * repositories say, and where more is to be found. A package that has neither a file nor a line here stops the packaging.
 */
export const statedOnly: Readonly<Record<string, { licence: string; copyright: string; note?: string }>> = {
  'onnxruntime-node': {
    licence: 'MIT',
    copyright: 'Copyright (c) Microsoft Corporation',
    note:
      'The native libraries of this package contain further software. Its notices are in ThirdPartyNotices.txt of ' +
      'https://github.com/microsoft/onnxruntime at the tag of this version. On Windows the package also contains ' +
      "DirectML.dll (Microsoft's DirectML licence, https://www.nuget.org/packages/Microsoft.AI.DirectML), and " +
      'dxcompiler.dll and dxil.dll (https://github.com/microsoft/DirectXShaderCompiler).',
  },
  'onnxruntime-common': { licence: 'MIT', copyright: 'Copyright (c) Microsoft Corporation' },
  '@lit-labs/ssr-dom-shim': { licence: 'BSD-3-Clause', copyright: 'Copyright (c) 2022 Google LLC' },
};

const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const bsd3 = `Redistribution and use in source and binary forms, with or without modification, are permitted provided that the
following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of conditions and the following
   disclaimer.
2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following
   disclaimer in the documentation and/or other materials provided with the distribution.
3. Neither the name of the copyright holder nor the names of its contributors may be used to endorse or promote
   products derived from this software without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES,
INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES;
LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN
CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS
SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.`;

/** Standard texts (https://spdx.org/licenses), to stand under a copyright line. */
export const licenceTexts: Readonly<Record<string, string>> = { MIT: mit, 'BSD-3-Clause': bsd3 };
