import { InvalidArgumentError, Option } from 'commander'
import { nearestName } from '../base/nearest-name.ts'

/** An option that takes one of a few words, in any case; help, errors and completion all know them from here. */
export function choiceOption(flags: string, description: string, choices: readonly string[]): Option {
  // The parser is set last: the one of commander tells upper from lower case.
  return new Option(flags, description).choices(choices).argParser((given) => parseChoice(given, choices))
}

/** The choice as it is declared. */
export function parseChoice(given: string, choices: readonly string[]): string {
  const found = choices.find((choice) => choice.toLowerCase() === given.toLowerCase())
  if (found !== undefined) return found
  const near = nearestName(given, choices)
  const hint = near === undefined ? '' : `Did you mean ${near}? `
  throw new InvalidArgumentError(`${hint}It is ${listed(choices)}.`)
}

const listed = (choices: readonly string[]) =>
  choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`
