import { joinedPlaces, localPlaces } from './contract/places.ts';
import { describeProcessContract } from './contract/process-contract.ts';

describeProcessContract('on one node', localPlaces);
describeProcessContract('across two nodes', joinedPlaces);
