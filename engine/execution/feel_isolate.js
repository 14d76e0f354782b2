// What the isolate that evaluates FEEL contains: bpmn.io's own interpreter, and nothing else.
import { evaluate, unaryTest, parseExpression, parseUnaryTests } from '@bpmn-io/feelin';

globalThis.feelin = { evaluate, unaryTest, parseExpression, parseUnaryTests };
