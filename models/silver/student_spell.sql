with history as (
    select
        student_id,
        version,
        valid_from,
        valid_to,
        class_id,
        grade_level,
        grade_number,
        enrollment_status,
        is_active,
        is_start_known
    from silver.dim_student_history
),

dim_student as (
    select student_id, student_key, is_inferred from silver.dim_student
),

enrollment_code as (
    select code, can_be_inferred from reference.enrollment_code
),

day_policy as (
    select valid_from, valid_to, enrollment_infer_from_facts from reference.day_policy where school_id is null
),

judged as (
    select
        history.student_id,
        history.version,
        history.valid_from,
        history.valid_to,
        history.class_id,
        history.grade_level,
        history.grade_number,
        history.is_active,
        history.is_start_known,
        -- First seen when already inactive: facts show how long the student was there.
        history.version = 1
        and not history.is_active
        and day_policy.enrollment_infer_from_facts
        and coalesce(enrollment_code.can_be_inferred, false) as is_shown_by_facts
    from history
    inner join day_policy
        on history.valid_from >= day_policy.valid_from
        and history.valid_from <= day_policy.valid_to
    left join enrollment_code on enrollment_code.code = history.enrollment_status
),

spell as (
    select
        student_id,
        valid_from as from_date,
        coalesce(valid_to, date '9999-12-31') as to_date,
        class_id,
        case when class_id is null then 'none' else 'history' end as class_basis,
        grade_level,
        grade_number,
        is_active or is_shown_by_facts as is_enrolled,
        false as starts_at_first_fact,
        is_shown_by_facts as ends_at_last_fact
    from judged

    union all

    select
        student_id,
        date '0001-01-01' as from_date,
        cast(valid_from - interval 1 day as date) as to_date,
        class_id,
        case when class_id is null then 'none' else 'backdated' end as class_basis,
        grade_level,
        grade_number,
        -- Before a known start nobody is enrolled; an assumed start gives way to facts.
        not is_start_known and (is_active or is_shown_by_facts) as is_enrolled,
        not is_start_known and (is_active or is_shown_by_facts) as starts_at_first_fact,
        not is_start_known and is_shown_by_facts as ends_at_last_fact
    from judged
    where version = 1 and valid_from > date '0001-01-01'

    union all

    select
        student_id,
        date '0001-01-01' as from_date,
        date '9999-12-31' as to_date,
        cast(null as varchar) as class_id,
        'none' as class_basis,
        cast(null as varchar) as grade_level,
        cast(null as integer) as grade_number,
        true as is_enrolled,
        true as starts_at_first_fact,
        false as ends_at_last_fact
    from dim_student
    where is_inferred
),

final as (
    select
        spell.student_id,
        spell.from_date,
        spell.to_date,
        dim_student.student_key,
        coalesce(spell.class_id, 'UNASSIGNED') as class_id,
        key_hash('class|' || coalesce(spell.class_id, 'UNASSIGNED')) as class_key,
        spell.class_basis,
        spell.grade_level,
        spell.grade_number,
        spell.is_enrolled,
        spell.starts_at_first_fact,
        spell.ends_at_last_fact
    from spell
    inner join dim_student on dim_student.student_id = spell.student_id
)

select * from final
