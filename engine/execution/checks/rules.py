"""The closed list of what the checks refuse or warn of: what it means, and what to draw instead.

Each rule is a code with a sentence and a remedy in both languages; the braces are filled in by
the check. docs/modelling.md shows the same table to process owners, and a test holds them equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.execution.faults import Fault, Severity


@dataclass(frozen=True)
class Rule:
    """One thing that a model must not be, or must not lack."""

    code: str
    sv: str
    en: str
    remedy_sv: str
    remedy_en: str
    severity: Severity = "error"
    lacking: bool = False
    """Nothing is drawn wrong: the drawing is a picture that lacks this before it can run."""

    def at(self, file: str, element_id: str = "", element_name: str = "", /, **names: object) -> Fault:
        """Return the fault at this place, the braces filled in."""
        return Fault(
            file,
            element_id,
            element_name,
            self.severity,
            self.code,
            self.sv.format(**names),
            self.en.format(**names),
            self.remedy_sv.format(**names),
            self.remedy_en.format(**names),
        )


def _lack(code: str, sv: str, en: str, remedy_sv: str, remedy_en: str) -> Rule:
    return Rule(code, sv, en, remedy_sv, remedy_en, lacking=True)


def _warn(code: str, sv: str, en: str, remedy_sv: str, remedy_en: str) -> Rule:
    return Rule(code, sv, en, remedy_sv, remedy_en, severity="warning")


_FILES = (
    Rule("file_missing", "Filen eller mappen finns inte.", "The file or folder does not exist.", "Kontrollera sökvägen.", "Check the path."),
    Rule(
        "file_unreadable",
        "Filen går inte att öppna.",
        "The file cannot be opened.",
        "Kontrollera att den är en fil och att du får läsa den.",
        "Check that it is a file that you may read.",
    ),
    Rule("file_empty", "Filen är tom.", "The file is empty.", "Spara om den från modelleringsverktyget.", "Save it again from the modeler."),
    Rule(
        "file_too_large",
        "Filen är större än {megabytes} MB.",
        "The file is larger than {megabytes} MB.",
        "Dela upp den, eller ta bort inbäddade bilder.",
        "Divide it, or remove embedded pictures.",
    ),
    Rule(
        "file_unknown_kind",
        "Filen är varken ritning (.bpmn), tabell (.dmn) eller formulär (.form).",
        "The file is neither a drawing (.bpmn), a table (.dmn) nor a form (.form).",
        "Ge filen rätt ändelse.",
        "Give the file the right ending.",
    ),
    Rule(
        "folder_empty",
        "Mappen innehåller inga modeller.",
        "The folder holds no models.",
        "Peka på en mapp med .bpmn, .dmn och .form.",
        "Point at a folder with .bpmn, .dmn and .form.",
    ),
    Rule(
        "not_xml",
        "Filen är inte läsbar XML: rad {line}, kolumn {column}.",
        "The file is not readable XML: line {line}, column {column}.",
        "Spara om den från modelleringsverktyget; ändra den inte för hand.",
        "Save it again from the modeler; do not edit it by hand.",
    ),
    Rule(
        "not_json",
        "Filen är inte läsbar JSON: rad {line}, kolumn {column}.",
        "The file is not readable JSON: line {line}, column {column}.",
        "Rätta tecknet på den platsen, eller spara om formuläret från modelleringsverktyget.",
        "Mend the character at that place, or save the form again from the modeler.",
    ),
    Rule(
        "doctype",
        "Filen har en DOCTYPE eller egna entiteter.",
        "The file has a DOCTYPE or entities of its own.",
        "Ta bort DOCTYPE-raden; en modell behöver ingen.",
        "Remove the DOCTYPE line; a model needs none.",
    ),
    Rule(
        "too_deep",
        "Filen är nästlad djupare än {levels} nivåer.",
        "The file is nested deeper than {levels} levels.",
        "Rita delprocesserna som egna processer som anropas.",
        "Draw the subprocesses as processes of their own that are called.",
    ),
    Rule(
        "wrong_root",
        "Filens innehåll är ”{root}”, inte {wanted}.",
        "The content of the file is ”{root}”, not {wanted}.",
        "Exportera filen som {wanted}.",
        "Export the file as {wanted}.",
    ),
    Rule(
        "too_many_elements",
        "Ritningen har {count} element; gränsen är {limit}.",
        "The drawing has {count} elements; the limit is {limit}.",
        "Dela upp den i processer som anropar varandra.",
        "Divide it into processes that call each other.",
    ),
    Rule(
        "schema",
        "{tag}: filen följer inte standardens schema (rad {line}): {reason}.",
        "{tag}: the file does not follow the schema of the standard (line {line}): {reason_en}.",
        "Rätta elementet i modelleringsverktyget, eller spara om filen där.",
        "Mend the element in the modeler, or save the file again there.",
    ),
    Rule(
        "text_too_long",
        "En text eller ett attribut är längre än {limit} tecken.",
        "A text or attribute is longer than {limit} characters.",
        "Korta den.",
        "Shorten it.",
    ),
    Rule(
        "took_too_long",
        "Granskningen av filen tog mer än {seconds} sekunder och avbröts.",
        "The check of the file took more than {seconds} seconds and was stopped.",
        "Förenkla filen; dela upp den.",
        "Make the file simpler; divide it.",
    ),
    Rule(
        "check_stopped",
        "Granskningen av filen gick inte att slutföra.",
        "The check of the file could not be finished.",
        "Spara om filen från modelleringsverktyget; hjälper det inte, skicka den till den som förvaltar Samspel.",
        "Save the file again from the modeler; if that does not help, send it to whoever maintains Samspel.",
    ),
    Rule(
        "duplicate_id",
        "Samma id används av ett annat element ({other}).",
        "Another element has the same id ({other}).",
        "Ge ett av dem ett nytt id.",
        "Give one of them a new id.",
    ),
    Rule("no_id", "Elementet {tag} saknar id.", "The element {tag} has no id.", "Ge det ett id.", "Give it an id."),
)

_PROCESSES = (
    Rule(
        "no_process",
        "Filen innehåller ingen process.",
        "The file holds no process.",
        "Rita en process, eller ta bort filen.",
        "Draw a process, or remove the file.",
    ),
    Rule(
        "several_processes",
        "Filen innehåller flera processer som alla ska köras: {processes}.",
        "The file holds several processes that are all to run: {processes}.",
        "Lägg varje process i en egen fil och låt dem anropa varandra; ett samarbete mellan pooler körs inte som en process.",
        "Put each process in a file of its own and let them call each other; a collaboration does not run as one process.",
    ),
    _lack(
        "not_executable",
        "Processen är inte märkt som körbar.",
        "The process is not marked as executable.",
        "Sätt Executable på processen i modelleringsverktyget.",
        "Set Executable on the process in the modeler.",
    ),
    Rule(
        "no_start",
        "Det finns ingen starthändelse.",
        "There is no start event.",
        "Börja flödet med en starthändelse.",
        "Begin the flow with a start event.",
    ),
    Rule(
        "several_starts",
        "Det finns flera starthändelser.",
        "There are several start events.",
        "Behåll en starthändelse; låt en port efter den välja väg.",
        "Keep one start event; let a gateway after it choose the way.",
    ),
    Rule(
        "no_end", "Det finns ingen sluthändelse.", "There is no end event.", "Avsluta flödet med en sluthändelse.", "End the flow with an end event."
    ),
    _lack(
        "subprocess_empty",
        "Delprocessen är tom.",
        "The subprocess is empty.",
        "Rita vad som händer i den, eller gör den till ett anrop av en egen process.",
        "Draw what happens in it, or make it a call to a process of its own.",
    ),
    Rule(
        "unknown_purpose",
        "Ändamålet ”{purpose}” finns inte.",
        "There is no purpose ”{purpose}”.",
        "Skriv case, deviation eller dispute, eller ta bort egenskapen.",
        "Write case, deviation or dispute, or remove the property.",
    ),
    _warn(
        "unknown_property",
        "Egenskapen ”{name}” betyder ingenting för Samspel.",
        "The property ”{name}” means nothing to Samspel.",
        "Kontrollera stavningen: {known}.",
        "Check the spelling: {known}.",
    ),
    Rule(
        "notice_elsewhere",
        "Elementet är ingen användaruppgift, så ingen får meddelandet i egenskapen notice.",
        "The element is no user task, so nobody gets the message in the property notice.",
        "Flytta egenskapen till den användaruppgift som meddelandet gäller, eller rita en serviceuppgift med typen notify.",
        "Move the property to the user task that the message is about, or draw a service task with the type notify.",
    ),
    Rule(
        "phase_name",
        "Skedet ”{name}” har inget namn eller ett som är längre än {limit} tecken.",
        "The phase ”{name}” has no name, or one longer than {limit} characters.",
        "Skriv ett kort namn i egenskapen phase, till exempel Möte, eller ta bort den.",
        "Write a short name in the property phase, for example Meeting, or remove it.",
    ),
    _warn(
        "phases_many",
        "Processen har {count} skeden; fler än {limit} får inte plats på ärendets sida.",
        "The process has {count} phases; more than {limit} do not fit on the page of a case.",
        "Slå ihop skeden: ta bort egenskapen phase från några element.",
        "Join phases: remove the property phase from some elements.",
    ),
    Rule(
        "unknown_requirement",
        "Kravet ”{requirement}” finns inte i någon överenskommelse.",
        "There is no requirement ”{requirement}” in any agreement.",
        "Skriv ett id som finns i processes/agreements, till exempel {example}.",
        "Write an id from processes/agreements, for example {example}.",
    ),
    Rule(
        "lane_unknown_node",
        "Banan räknar in ”{node}”, som inte finns i processen.",
        "The lane holds ”{node}”, which is not in the process.",
        "Dra in elementet i banan igen i modelleringsverktyget.",
        "Draw the element into the lane again in the modeler.",
    ),
)

_ELEMENTS = (
    Rule(
        "script_task",
        "Skriptuppgifter körs inte.",
        "Script tasks are not run.",
        "Rita en servicetask med en typ ur uppgiftskatalogen, eller skriv uttrycket i FEEL där värdet behövs.",
        "Draw a service task with a type from the catalogue, or write the expression in FEEL where the value is needed.",
    ),
    _lack(
        "abstract_task",
        "Uppgiften säger inte vem eller vad som utför den.",
        "The task does not say who or what does it.",
        "Gör den till en användaruppgift, serviceuppgift, sänduppgift eller regeluppgift.",
        "Make it a user task, service task, send task or business rule task.",
    ),
    _lack(
        "manual_task",
        "En manuell uppgift syns inte för någon.",
        "A manual task is shown to nobody.",
        "Gör den till en användaruppgift med formulär, eller ta bort den.",
        "Make it a user task with a form, or remove it.",
    ),
    Rule(
        "unsupported_element",
        "{tag} körs inte.",
        "The {tag_en} is not run.",
        "Rita det med delprocess, exklusiv eller parallell port; se docs/modelling.md.",
        "Draw it with a subprocess, exclusive or parallel gateway; see docs/modelling.md.",
    ),
    Rule(
        "data_association",
        "Datakopplingar, datalager och ioSpecification läses inte.",
        "Data associations, data stores and ioSpecification are not read.",
        "För in och ut data med ioMapping (Inputs och Outputs i modelleringsverktyget).",
        "Bring data in and out by ioMapping (Inputs and Outputs in the modeler).",
    ),
    Rule(
        "for_compensation",
        "Kompensation körs inte.",
        "Compensation is not run.",
        "Rita de uppgifter som ska ångra något i flödet, efter en händelse eller en port.",
        "Draw the tasks that undo something in the flow, after an event or a gateway.",
    ),
    _lack(
        "user_task_without_assignment",
        "Ingen får uppgiften: den saknar både roll och person.",
        "Nobody gets the task: it has neither a role nor a person.",
        "Skriv en roll i Candidate groups, till exempel {example}, eller ett FEEL-uttryck i Assignee.",
        "Write a role in Candidate groups, for example {example}, or a FEEL expression in Assignee.",
    ),
    Rule("unknown_role", "Rollen ”{role}” finns inte.", "There is no role ”{role}”.", "Välj en av: {known}.", "Choose one of: {known}."),
    _lack(
        "user_task_without_form",
        "Uppgiften har inget formulär.",
        "The task has no form.",
        "Koppla ett formulär: Form, Form ID.",
        "Link a form: Form, Form ID.",
    ),
    Rule(
        "embedded_form",
        "Formuläret är inbäddat i ritningen eller anges på annat sätt än med Form ID, och läses inte.",
        "The form is embedded in the drawing or named otherwise than by a Form ID, and is not read.",
        "Spara formuläret som en egen .form-fil bland modellerna och koppla det med Form ID.",
        "Save the form as a .form file of its own among the models and link it by Form ID.",
    ),
    Rule(
        "unknown_form",
        "Formuläret ”{form}” finns inte.",
        "There is no form ”{form}”.",
        "Lägg formuläret bland modellerna, eller rätta Form ID.",
        "Put the form among the models, or mend the Form ID.",
    ),
    _lack(
        "task_without_type",
        "Uppgiften säger inte vad som ska ske.",
        "The task does not say what is to happen.",
        "Skriv en typ ur uppgiftskatalogen i Task definition, Type: {known}.",
        "Write a type from the catalogue in Task definition, Type: {known}.",
    ),
    Rule(
        "unknown_task_type",
        "Uppgiftstypen ”{type}” finns inte.",
        "There is no task type ”{type}”.",
        "Välj en av: {known}.",
        "Choose one of: {known}.",
    ),
    Rule(
        "task_input_missing",
        "Uppgiftstypen {type} behöver ”{input}”, som inte ges.",
        "The task type {type} needs ”{input}”, which is not given.",
        "Lägg till ”{input}” under Inputs, eller som fält i formuläret.",
        "Add ”{input}” under Inputs, or as a field of the form.",
    ),
    Rule(
        "task_input_unknown",
        "Uppgiftstypen {type} tar inte emot ”{input}”.",
        "The task type {type} does not take ”{input}”.",
        "Ta bort raden, eller välj bland: {known}.",
        "Remove the line, or choose among: {known}.",
    ),
    Rule(
        "unknown_template",
        "Meddelandemallen ”{template}” finns inte.",
        "There is no notice template ”{template}”.",
        "Välj en av: {known}.",
        "Choose one of: {known}.",
    ),
    _lack(
        "rule_without_decision",
        "Regeluppgiften anropar ingen tabell.",
        "The business rule task calls no table.",
        "Skriv Decision ID och Result variable.",
        "Write Decision ID and Result variable.",
    ),
    Rule(
        "unknown_decision",
        "Beslutet ”{decision}” finns inte i någon tabell.",
        "There is no decision ”{decision}” in any table.",
        "Lägg tabellen bland modellerna, eller rätta Decision ID.",
        "Put the table among the models, or mend the Decision ID.",
    ),
    _lack(
        "call_without_process",
        "Anropet säger inte vilken process som anropas.",
        "The call does not say which process it calls.",
        "Skriv processens id i Called element, Process ID.",
        "Write the id of the process in Called element, Process ID.",
    ),
    Rule(
        "unknown_process",
        "Processen ”{process}” finns inte.",
        "There is no process ”{process}”.",
        "Lägg ritningen bland modellerna, eller rätta Process ID.",
        "Put the drawing among the models, or mend the Process ID.",
    ),
    _warn(
        "propagates_all",
        "Anropet ska föra över alla variabler ({attribute}); det läses inte.",
        "The call is to pass on all variables ({attribute}); that is not read.",
        "Slå av det, och skriv vad anropet får (Inputs) och ger (Outputs).",
        "Turn it off, and write what the call gets (Inputs) and gives (Outputs).",
    ),
    Rule(
        "call_cycle",
        "Processerna anropar varandra i en ring: {ring}.",
        "The processes call each other in a ring: {ring}.",
        "Bryt ringen: rita upprepningen som en slinga i en av processerna.",
        "Break the ring: draw the repetition as a loop in one of the processes.",
    ),
    _lack(
        "receive_without_message",
        "{tag} väntar på ett meddelande utan namn.",
        "The {tag_en} waits for a message without a name.",
        "Välj ett meddelande med namn (Message, Global message reference).",
        "Choose a message with a name (Message, Global message reference).",
    ),
    _lack(
        "send_without_message",
        "{tag} säger inte vad som ska sändas.",
        "The {tag_en} does not say what is sent.",
        "Skriv en typ ur uppgiftskatalogen i Task definition, Type.",
        "Write a type from the catalogue in Task definition, Type.",
    ),
    _lack(
        "task_without_name",
        "Uppgiften har inget namn: raden i inkorgen blir tom.",
        "The task has no name: its line in the inbox is empty.",
        "Skriv vad som görs, som det ska stå i inkorgen.",
        "Write what is done, as it should read in the inbox.",
    ),
    _warn(
        "no_name",
        "Elementet har inget namn.",
        "The element has no name.",
        "Skriv vad som görs, händer eller avgörs, så som det ska läsas i bilden.",
        "Write what is done, happens or is decided, as it should read in the diagram.",
    ),
)

_EVENTS = (
    Rule(
        "correlation",
        "Korrelation läses inte ({tag}): ett meddelande når ärendet genom systemet, inte genom uttryck.",
        "Correlation is not read ({tag}): a message reaches the case through the system, not through expressions.",
        "Ta bort den; meddelandets namn räcker.",
        "Remove it; the name of the message is enough.",
    ),
    _warn(
        "correlation_key",
        "Meddelandets nyckel (Subscription correlation key) läses inte: systemet sänder till ärendet självt.",
        "The key of the message (subscription correlation key) is not read: the system sends to the case itself.",
        "Ta bort den; meddelandets namn räcker.",
        "Remove it; the name of the message is enough.",
    ),
    Rule(
        "event_gateway_single",
        "Den händelsestyrda porten har färre än två vägar ut: den har inget att välja mellan.",
        "The event-based gateway has fewer than two ways out: it has nothing to choose between.",
        "Rita händelsen direkt i flödet, eller lägg till den andra vägen.",
        "Draw the event in the flow itself, or add the other way.",
    ),
    Rule(
        "event_kind",
        "En händelse av slaget ”{kind}” gör inte det den säger på {place}.",
        "An event of the kind ”{kind_en}” does not do what it says on {place_en}.",
        "Använd här: {allowed}.",
        "Use here: {allowed_en}.",
    ),
    Rule(
        "several_events",
        "Händelsen har flera utlösare.",
        "The event has several triggers.",
        "Rita en händelse för varje utlösare.",
        "Draw one event for each trigger.",
    ),
    Rule(
        "link_event",
        "Länkhändelser körs inte: flödet tar slut där.",
        "Link events are not run: the flow ends there.",
        "Dra ett sekvensflöde i stället, eller bryt ut en delprocess.",
        "Draw a sequence flow instead, or a subprocess.",
    ),
    Rule(
        "signal_event",
        "Signaler sänds och hörs inte.",
        "Signals are neither sent nor heard.",
        "Använd ett meddelande; systemet når flera ärenden genom att sända till vart och ett.",
        "Use a message; the system reaches many cases by sending to each.",
    ),
    Rule(
        "compensate_event",
        "Kompensationshändelser körs inte: de blir vanliga slut.",
        "Compensation events are not run: they become plain ends.",
        "Rita de uppgifter som ska ångra något i flödet.",
        "Draw the tasks that undo something in the flow.",
    ),
    _lack(
        "timer_empty",
        "Tidshändelsen har ingen tid.",
        "The timer event has no time.",
        "Skriv en tid, till exempel P14D eller =deadlines.meeting.at.",
        "Write a time, for example P14D or =deadlines.meeting.at.",
    ),
    Rule(
        "timer_invalid",
        "Tiden ”{text}” går inte att läsa.",
        "The time ”{text}” cannot be read.",
        "Skriv {example}, eller ett FEEL-uttryck med = framför.",
        "Write {example}, or a FEEL expression with = in front.",
    ),
    Rule(
        "timer_without_offset",
        "Tidpunkten ”{text}” saknar tidszon.",
        "The moment ”{text}” has no time zone.",
        "Skriv förskjutningen, till exempel 2026-03-01T08:00:00+01:00.",
        "Write the offset, for example 2026-03-01T08:00:00+01:00.",
    ),
    Rule(
        "cycle_to_user_task",
        "En återkommande tidshändelse leder till användaruppgiften ”{task}”: uppgifter går förlorade och kan komma många på en gång.",
        "A repeating timer leads to the user task ”{task}”: tasks are lost and may come many at once.",
        "Rita en slinga: händelsestyrd port, vänta en gång, uppgift, tillbaka.",
        "Draw a loop: event-based gateway, wait once, task, back.",
    ),
    Rule(
        "boundary_unattached",
        "Kanthändelsen sitter inte på någon aktivitet i samma plan.",
        "The boundary event does not sit on an activity of the same plane.",
        "Fäst den på en aktivitet.",
        "Attach it to an activity.",
    ),
    Rule(
        "boundary_on_repeated",
        "Kanthändelsen sitter på ett anrop eller en delprocess som upprepas (”{host}”): det går sönder när den utlöses.",
        "The boundary event sits on a repeated call or subprocess (”{host}”): it breaks when triggered.",
        "Lägg det som upprepas i en vanlig delprocess och fäst händelsen på den.",
        "Put what is repeated in a plain subprocess and attach the event to that.",
    ),
    Rule(
        "timer_on_repeated_task",
        "En avbrytande tidshändelse sitter på en användaruppgift som upprepas (”{host}”): svar som redan lämnats går förlorade.",
        "An interrupting timer sits on a repeated user task (”{host}”): the answers already given are lost.",
        "Upprepa en delprocess i stället, med uppgiften och tidshändelsen inuti.",
        "Repeat a subprocess instead, with the task and the timer inside.",
    ),
    Rule(
        "event_subprocess_nested",
        "Händelsedelprocessen ligger inuti en annan delprocess och hörs inte där.",
        "The event subprocess lies inside another subprocess and is not heard there.",
        "Lägg den överst i processen, eller använd en kanthändelse på delprocessen.",
        "Put it at the top of the process, or use a boundary event on the subprocess.",
    ),
    Rule(
        "event_subprocess_start",
        "Händelsedelprocessen startar på ”{kind}”; den skulle starta på en gång.",
        "The event subprocess starts on ”{kind_en}”; it would start at once.",
        "Starta den på ett meddelande eller en tid; fånga fel och eskalering med en kanthändelse.",
        "Start it on a message or a timer; catch errors and escalations with a boundary event.",
    ),
    Rule(
        "start_event_kind",
        "Starthändelsen väntar på ”{kind}”.",
        "The start event waits for ”{kind_en}”.",
        "Använd en starthändelse utan utlösare; systemet startar processen.",
        "Use a start event without a trigger; the system starts the process.",
    ),
    Rule(
        "event_gateway_target",
        "Efter en händelsestyrd port måste varje väg börja med en händelse eller mottagaruppgift som väntar.",
        "After an event-based gateway every way must begin with an event or receive task that waits.",
        "Lägg en fångande händelse först på vägen till ”{target}”.",
        "Put a catching event first on the way to ”{target}”.",
    ),
    Rule(
        "thrown_and_caught",
        "Meddelandet ”{message}” både sänds och väntas på här: det som sänds sväljs av det egna ärendet.",
        "The message ”{message}” is both sent and waited for here: what is sent is swallowed by the own case.",
        "Ge meddelandena olika namn.",
        "Give the messages different names.",
    ),
    _warn(
        "message_never_sent",
        "Ingenting i systemet sänder meddelandet ”{message}”: det som väntar här händer aldrig.",
        "Nothing in the system sends the message ”{message}”: what waits here never happens.",
        "Vänta på ett meddelande som sänds: {known}; mellan processer räcker ett anrop.",
        "Wait for a message that is sent: {known}; between processes a call will do.",
    ),
    Rule(
        "error_uncaught",
        "Felet ”{name}” fångas inte av någon kanthändelse.",
        "The error ”{name}” is caught by no boundary event.",
        "Fäst en felhändelse med samma felkod ({errorcode}), eller utan felkod, på delprocessen eller anropet.",
        "Attach an error event with the same code ({errorcode}), or without one, to the subprocess or call.",
    ),
)

_FLOWS = (
    Rule(
        "dangling_flow",
        "Flödet börjar eller slutar i ingenting.",
        "The flow begins or ends in nothing.",
        "Dra om flödet mellan två element, eller ta bort det.",
        "Draw the flow again between two elements, or remove it.",
    ),
    Rule(
        "flow_across",
        "Flödet går in i eller ut ur en delprocess eller pool.",
        "The flow goes into or out of a subprocess or pool.",
        "Dra flödet till delprocessens kant; mellan pooler används meddelanden.",
        "Draw the flow to the border of the subprocess; between pools use messages.",
    ),
    Rule(
        "gateway_without_default",
        "Porten har villkor på alla vägar och ingen standardväg: är inget villkor sant stannar ärendet.",
        "Every way from the gateway has a condition and none is the default: if no condition is true the case stops.",
        "Gör en av vägarna till standardväg (Default flow).",
        "Make one of the ways the default flow.",
    ),
    _lack(
        "flow_without_condition",
        "Vägen ”{flow}” ut ur porten har inget villkor.",
        "The way ”{flow}” out of the gateway has no condition.",
        "Skriv ett villkor i FEEL på flödet, eller gör det till standardväg.",
        "Write a FEEL condition on the flow, or make it the default.",
    ),
    Rule(
        "condition_ignored",
        "Villkoret på flödet läses inte: flödet går inte ut ur en exklusiv eller inklusiv port.",
        "The condition on the flow is not read: it does not leave an exclusive or inclusive gateway.",
        "Ta bort villkoret, eller sätt en exklusiv port före.",
        "Remove the condition, or put an exclusive gateway before it.",
    ),
    Rule(
        "default_elsewhere",
        "Standardvägen ”{flow}” går inte ut härifrån.",
        "The default flow ”{flow}” does not leave from here.",
        "Välj standardväg på nytt.",
        "Choose the default flow again.",
    ),
    Rule(
        "implicit_split",
        "Flera flöden går ut ur {tag} utan port.",
        "Several flows leave the {tag_en} without a gateway.",
        "Sätt en exklusiv eller parallell port efter.",
        "Put an exclusive or parallel gateway after it.",
    ),
    Rule(
        "dead_end",
        "Flödet tar slut här utan sluthändelse.",
        "The flow stops here without an end event.",
        "Dra flödet vidare till en sluthändelse.",
        "Draw the flow on to an end event.",
    ),
    Rule(
        "into_start",
        "Ett flöde leder till en starthändelse eller kanthändelse, eller ut ur en sluthändelse.",
        "A flow leads to a start or boundary event, or out of an end event.",
        "Dra flödet till elementet efter.",
        "Draw the flow to the element after it.",
    ),
    Rule(
        "unreachable",
        "Inget flöde från starten leder hit.",
        "No flow from the start leads here.",
        "Koppla in elementet, eller ta bort det.",
        "Connect the element, or remove it.",
    ),
    Rule(
        "automatic_loop",
        "Slingan har inget som väntar: den snurrar tills steget stoppas ({nodes}).",
        "The loop holds nothing that waits: it spins until the step is stopped ({nodes}).",
        "Lägg en uppgift, en händelse eller en tid i slingan.",
        "Put a task, an event or a timer in the loop.",
    ),
    Rule(
        "deadlock",
        "Porten väntar på vägar som aldrig kommer samtidigt: ärendet fastnar.",
        "The gateway waits for ways that never come together: the case is stuck.",
        "Möt en exklusiv delning med en exklusiv port, en parallell delning med en parallell port.",
        "Meet an exclusive split with an exclusive gateway, a parallel split with a parallel gateway.",
    ),
    Rule(
        "double_end",
        "Parallella vägar möts här utan parallell port: det som följer görs flera gånger.",
        "Parallel ways meet here without a parallel gateway: what follows is done several times.",
        "Låt en parallell port samla vägarna före.",
        "Let a parallel gateway gather the ways before.",
    ),
    Rule(
        "never_ends",
        "Härifrån nås aldrig något slut.",
        "No end can be reached from here.",
        "Ge slingan en väg ut till en sluthändelse.",
        "Give the loop a way out to an end event.",
    ),
    Rule(
        "split_in_loop",
        "Porten delar flödet i en slinga utan att vägarna samlas där: varje varv startar ett nytt spår vid sidan om.",
        "The gateway splits the flow within a loop and the ways are not gathered there: every round starts another strand.",
        "Samla vägarna med en parallell port före nästa varv, eller starta det andra arbetet som en egen process med en sänduppgift.",
        "Gather the ways by a parallel gateway before the next round, or start the other work as a process of its own by a send task.",
    ),
    Rule(
        "duplicate_flow",
        "Samma flöde är ritat två gånger: {other} går mellan samma element på samma villkor.",
        "The same flow is drawn twice: {other} leads between the same elements on the same condition.",
        "Ta bort det ena.",
        "Remove one of them.",
    ),
    _warn(
        "join_and_fork",
        "Porten både samlar vägar och delar dem: det syns inte vad den väntar på.",
        "The gateway both joins ways and forks them: nobody can see what it waits for.",
        "Rita två portar efter varandra: en som samlar och en som delar.",
        "Draw two gateways in a row: one that joins and one that forks.",
    ),
    _warn(
        "fake_join",
        "Flera flöden går in i {tag} utan port: de väntar inte på varandra.",
        "Several flows lead into the {tag_en} without a gateway: they do not wait for each other.",
        "Sätt en port före: exklusiv där en väg i taget kommer, parallell där alla ska samlas.",
        "Put a gateway before it: exclusive where one way comes at a time, parallel where all are to be gathered.",
    ),
    _warn(
        "superfluous_gateway",
        "Porten har bara en väg in och en ut: den gör ingenting.",
        "The gateway has only one way in and one out: it does nothing.",
        "Ta bort den och dra flödet förbi.",
        "Remove it and draw the flow past it.",
    ),
    _warn(
        "inclusive_gateway",
        "En inklusiv port är svår att läsa: det syns inte vilka vägar som väntas in.",
        "An inclusive gateway is hard to read: nobody can see which ways it waits for.",
        "Rita hellre en parallell port med en exklusiv på varje väg.",
        "Rather draw a parallel gateway with an exclusive one on each way.",
    ),
    _warn(
        "superfluous_label",
        "Flödet har en text fast inget väljs där.",
        "The flow has a label although nothing is chosen there.",
        "Ta bort texten; skriv vägens svar på flöden ut ur en port som väljer.",
        "Remove the label; write the answer on flows out of a gateway that chooses.",
    ),
    _warn(
        "superfluous_termination",
        "Slutet avbryter allt, men ingenting annat kan pågå.",
        "The end terminates everything, but nothing else can be under way.",
        "Gör det till en vanlig sluthändelse.",
        "Make it a plain end event.",
    ),
)

_PICTURE = (
    _warn(
        "no_diagram",
        "Filen har ingen bild: den körs, men går inte att visa.",
        "The file has no diagram: it runs, but cannot be shown.",
        "Öppna den i modelleringsverktyget, lägg ut elementen och spara.",
        "Open it in the modeler, lay the elements out and save.",
    ),
    _warn(
        "not_drawn",
        "Elementet finns i filen men inte i bilden.",
        "The element is in the file but not in the diagram.",
        "Rita det i modelleringsverktyget, eller ta bort det ur filen.",
        "Draw it in the modeler, or remove it from the file.",
    ),
    _warn(
        "overlap",
        "Elementet ligger över, eller kant i kant med, ”{other}” i bilden.",
        "The element lies over, or edge to edge with, ”{other}” in the diagram.",
        "Flytta isär dem.",
        "Move them apart.",
    ),
    _warn(
        "outside_parent",
        "Elementet ligger utanför sin pool eller delprocess i bilden.",
        "The element lies outside its pool or subprocess in the diagram.",
        "Flytta in det, eller gör ramen större.",
        "Move it in, or make the frame larger.",
    ),
    _warn(
        "definition_without_name",
        "{tag} har inget namn.",
        "The {tag_en} has no name.",
        "Ge det ett namn.",
        "Name it.",
    ),
    _warn(
        "definition_twice",
        "Två i filen heter ”{name}”.",
        "Two of the file are called ”{name}”.",
        "Behåll ett, och låt händelserna hänvisa till det.",
        "Keep one, and let the events refer to it.",
    ),
    _warn(
        "definition_unused",
        "{tag} används inte av någon händelse eller uppgift.",
        "No event or task refers to the {tag_en}.",
        "Ta bort det.",
        "Remove it.",
    ),
)

_REPEATS = (
    Rule(
        "loop_cardinality",
        "Antalet varv är {count}; gränsen är {limit}.",
        "The number of instances is {count}; the limit is {limit}.",
        "Upprepa över en lista (Input collection) i stället för ett antal.",
        "Repeat over a list (Input collection) instead of a number.",
    ),
    Rule(
        "loop_cardinality_invalid",
        "Antalet varv ”{text}” är varken ett heltal eller ett FEEL-uttryck.",
        "The number of instances ”{text}” is neither a whole number nor a FEEL expression.",
        "Skriv ett tal, eller upprepa över en lista.",
        "Write a number, or repeat over a list.",
    ),
    _lack(
        "repeat_without_collection",
        "Upprepningen säger inte över vad.",
        "The repetition does not say over what.",
        "Skriv Input collection och Input element.",
        "Write Input collection and Input element.",
    ),
    _lack(
        "repeat_without_element",
        "Upprepningen ger inte varje varv ett namn på sitt.",
        "The repetition does not name the item of each instance.",
        "Skriv Input element.",
        "Write Input element.",
    ),
    Rule(
        "standard_loop",
        "Slingmarkeringen läses inte: elementet görs bara en gång.",
        "The loop marker is not read: the element is done once only.",
        "Rita slingan med en exklusiv port och ett flöde tillbaka.",
        "Draw the loop with an exclusive gateway and a flow back.",
    ),
    Rule(
        "repeated_call_without_mapping",
        "Anropet upprepas utan Inputs och Outputs: ärendets data blandas mellan varven.",
        "The repeated call has no Inputs and Outputs: case data mix between the instances.",
        "Skriv vad varje anrop får (Inputs) och ger (Outputs).",
        "Write what each call gets (Inputs) and gives (Outputs).",
    ),
    Rule(
        "repeated_output_missing",
        "Upprepningen samlar svaren till hälften: den behöver både Output collection och Output element.",
        "The repetition gathers its answers by half: it needs both Output collection and Output element.",
        "Skriv båda, eller ingen av dem.",
        "Write both, or neither.",
    ),
    Rule(
        "camunda_collection",
        "Upprepningen är skriven för Camunda 7 ({attribute}): alla svar utom det sista går förlorade.",
        "The repetition is written for Camunda 7 ({attribute}): every answer but the last is lost.",
        "Skriv Input collection och Output collection med Camunda 8 (zeebe).",
        "Write Input collection and Output collection with Camunda 8 (zeebe).",
    ),
    Rule(
        "loop_data_input",
        "loopDataInputRef försvinner när modelleringsverktyget sparar.",
        "loopDataInputRef is lost when the modeler saves.",
        "Skriv Input collection (zeebe) i stället.",
        "Write Input collection (zeebe) instead.",
    ),
)

_EXPRESSIONS = (
    Rule(
        "feel_syntax",
        "Uttrycket i {place} går inte att läsa: {reason}",
        "The expression in {place_en} cannot be read: {reason_en}",
        "Rätta uttrycket: {text}",
        "Mend the expression: {text}",
    ),
    Rule(
        "feel_empty",
        "Uttrycket i {place} är tomt.",
        "The expression in {place_en} is empty.",
        "Skriv ett uttryck, eller ta bort raden.",
        "Write an expression, or remove the line.",
    ),
    Rule(
        "feel_without_equals",
        "{place} ”{text}” läses som text: det saknar = framför.",
        "{place_en} ”{text}” is read as text: it has no = in front.",
        "Skriv det i FEEL med = framför, om det är ett uttryck.",
        "Write it in FEEL with = in front, if it is an expression.",
    ),
    Rule(
        "unknown_name",
        "Uttrycket i {place} läser ”{name}”, som inget formulär, beslut, faktum eller ioMapping ger här.",
        "The expression in {place_en} reads ”{name}”, which no form, decision, fact or mapping gives here.",
        "Rätta namnet{suggestion}, låt ett steg före ge det, eller skriv det i processens egenskap variables om det ges när den startar.",
        "Mend the name{suggestion_en}, let an earlier step give it, or write it in the property variables of the process if it is given at start.",
    ),
    Rule(
        "unknown_policy_key",
        "Uttrycket i {place} läser policy.{name}, som inte finns.",
        "The expression in {place_en} reads policy.{name}, which does not exist.",
        "Välj en nyckel ur policytabellen{suggestion}.",
        "Choose a key of the policy table{suggestion_en}.",
    ),
    Rule(
        "unknown_deadline",
        "Uttrycket i {place} läser deadlines.{name}, som inte finns.",
        "The expression in {place_en} reads deadlines.{name}, which does not exist.",
        "Välj ett namn ur tabellen deadlines{suggestion}.",
        "Choose a name from the table deadlines{suggestion_en}.",
    ),
)

_FORMS = (
    Rule(
        "form_shape",
        "Formuläret är inte ett form-js-formulär: {reason}",
        "The form is not a form-js form: {reason_en}",
        "Öppna och spara det i modelleringsverktyget.",
        "Open and save it in the modeler.",
    ),
    Rule(
        "form_without_id",
        "Formuläret har inget id.",
        "The form has no id.",
        "Skriv ett id, samma som Form ID i ritningen.",
        "Write an id, the same as the Form ID in the drawing.",
    ),
    Rule(
        "form_duplicate",
        "Ett annat formulär har samma id ({other}).",
        "Another form has the same id ({other}).",
        "Ge ett av dem ett nytt id.",
        "Give one of them a new id.",
    ),
    Rule(
        "form_component",
        "Fältslaget ”{type}” går inte att visa.",
        "The component ”{type}” cannot be shown.",
        "Använd ett av: {known}.",
        "Use one of: {known}.",
    ),
    Rule(
        "form_field_without_key",
        "Fältet har ingen nyckel: svaret skulle försvinna.",
        "The field has no key: the answer would be lost.",
        "Skriv en nyckel (Key).",
        "Write a key.",
    ),
    Rule(
        "form_key_invalid",
        "Nyckeln ”{key}” går inte att läsa i ett uttryck.",
        "The key ”{key}” cannot be read in an expression.",
        "Skriv små bokstäver, siffror och understreck, med bokstav först.",
        "Write lower-case letters, digits and underscores, beginning with a letter.",
    ),
    Rule(
        "form_key_twice",
        "Två fält har nyckeln ”{key}”.",
        "Two fields have the key ”{key}”.",
        "Ge ett av dem en egen nyckel.",
        "Give one of them a key of its own.",
    ),
    Rule(
        "form_without_choices",
        "Fältet har inga svarsalternativ.",
        "The field has no choices.",
        "Skriv alternativ (Static options), eller varifrån de kommer.",
        "Write choices (Static options), or where they come from.",
    ),
    Rule(
        "form_choice_twice",
        "Två svarsalternativ har värdet ”{value}”.",
        "Two choices have the value ”{value}”.",
        "Ge dem olika värden.",
        "Give them different values.",
    ),
    Rule(
        "form_pattern", "Mönstret ”{pattern}” går inte att läsa.", "The pattern ”{pattern}” cannot be read.", "Rätta mönstret.", "Mend the pattern."
    ),
    Rule(
        "form_limits",
        "Fältets minsta värde är större än dess största.",
        "The smallest value of the field is greater than its largest.",
        "Byt plats på dem.",
        "Swap them.",
    ),
    _warn(
        "form_without_label",
        "Fältet har ingen ledtext.",
        "The field has no label.",
        "Skriv en ledtext; utan den kan en skärmläsare inte säga vad som ska fyllas i.",
        "Write a label; without it a screen reader cannot say what to fill in.",
    ),
)

_TABLES = (
    Rule(
        "deadline_start_unknown",
        "Fristen räknas från ”{milestone}”, som inget element i någon ritning sätter: den börjar aldrig löpa.",
        "The deadline counts from ”{milestone}”, which no element of any drawing sets: it never begins.",
        "Välj en hållpunkt som finns ({known}), eller skriv egenskapen milestone på det element som sätter den.",
        "Choose a milestone that exists ({known}), or write the property milestone on the element that sets it.",
    ),
    Rule(
        "deadline_met_unknown",
        "Fristen hålls med ”{milestone}”, som inget element i någon ritning sätter: den räknas som försutten vad som än görs.",
        "The deadline is met by ”{milestone}”, which no element of any drawing sets: it counts as missed whatever is done.",
        "Välj en hållpunkt som finns ({known}), eller skriv egenskapen milestone på det element som sätter den.",
        "Choose a milestone that exists ({known}), or write the property milestone on the element that sets it.",
    ),
    Rule(
        "policy_malformed",
        "Raden går inte att följa för {agreement}, ”{key}”: {reason}.",
        "The row cannot be followed for {agreement}, ”{key}”: {reason_en}.",
        "Rätta raden i tabellen.",
        "Mend the row of the table.",
    ),
    Rule(
        "dmn_duplicate",
        "Ett annat beslut har samma id ({other}).",
        "Another decision has the same id ({other}).",
        "Ge ett av dem ett nytt id.",
        "Give one of them a new id.",
    ),
)

GROUPS: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "Filer": _FILES,
        "Processer": _PROCESSES,
        "Uppgifter och anrop": _ELEMENTS,
        "Händelser": _EVENTS,
        "Flöden": _FLOWS,
        "Bilden": _PICTURE,
        "Upprepningar": _REPEATS,
        "Uttryck": _EXPRESSIONS,
        "Formulär": _FORMS,
        "Tabeller": _TABLES,
    }
)
"""Every rule under the headings of docs/modelling.md."""

RULES: Mapping[str, Rule] = MappingProxyType({rule.code: rule for group in GROUPS.values() for rule in group})
"""Every rule by its code."""
