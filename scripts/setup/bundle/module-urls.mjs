import { dirname, relative } from 'node:path'

/** Stands for the URL of a module until it is known which file the module becomes part of. */
const PLACE = /__POSTERN_MODULE_URL__\("([^"]+)"\)/g

/**
 * `import.meta.url` of each of our own modules stays what it would be in a file of its own: `src` becomes the folder that is
 * built. Statements, migrations, threads and what browsers load are found beside it.
 */
export function moduleUrls({ src }) {
  return {
    name: 'module-urls',
    transform: {
      filter: { code: /\bimport\.meta\.url\b/ },
      handler(code, id) {
        if (!id.startsWith(src)) return null
        const place = JSON.stringify(relative(src, id).replace(/\.ts$/, '.js'))
        return { code: code.replaceAll(/\bimport\.meta\.url\b/g, `__POSTERN_MODULE_URL__(${place})`), map: null }
      },
    },
    renderChunk(code, { fileName }) {
      if (code.search(PLACE) === -1) return null
      const urlOf = (_, place) => `new URL(${JSON.stringify(relative(dirname(fileName), place))}, import.meta.url).href`
      return { code: code.replaceAll(PLACE, urlOf), map: null }
    },
  }
}
