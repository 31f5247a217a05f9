with student_version as (
    select
        student_id,
        class_id,
        grade_level,
        enrollment_status,
        enrollment_date,
        _effective_from,
        _version_order
    from staging.students_versions
),

enrollment_code as (
    select code, is_active from reference.enrollment_code
),

grade_word as (
    select word, grade_number from reference.grade_word
),

day_policy as (
    select valid_from, valid_to, year_start from reference.day_policy where school_id is null
),

dated as (
    select
        student_id,
        -- `9A` names the class too where the file has no class column.
        coalesce(
            class_id,
            case when regexp_matches(trim(grade_level), '^[0-9]{1,2}[A-Za-z]$') then upper(trim(grade_level)) end
        ) as class_id,
        grade_level,
        coalesce(enrollment_status, 'active') as enrollment_status,
        enrollment_date,
        _version_order,
        min(case when enrollment_date is not null then _version_order end)
            over (partition by student_id) as enrollment_order,
        -- A version without updated_at comes first and is dated by its file: it cannot begin after the next.
        min(_effective_from) over (
            partition by student_id
            order by _version_order
            rows between current row and unbounded following
        ) as changed_on,
        min(_effective_from) over (partition by student_id) as first_changed_on
    from student_version
),

enrolled as (
    select
        student_id,
        class_id,
        grade_level,
        enrollment_status,
        changed_on,
        first_changed_on,
        _version_order,
        max(case when _version_order = enrollment_order then enrollment_date end)
            over (partition by student_id) as enrolled_on
    from dated
),

started as (
    select
        enrolled.student_id,
        enrolled.class_id,
        enrolled.grade_level,
        enrolled.enrollment_status,
        enrolled.changed_on,
        enrolled._version_order,
        enrolled.enrolled_on is not null as is_start_known,
        row_number() over (partition by enrolled.student_id order by enrolled._version_order) as place,
        coalesce(
            enrolled.enrolled_on,
            cast(
                cast(
                    extract(year from enrolled.first_changed_on)
                    - case
                        when
                            extract(month from enrolled.first_changed_on) * 100
                            + extract(day from enrolled.first_changed_on)
                            < cast(replace(day_policy.year_start, '-', '') as integer)
                            then 1
                        else 0
                    end as varchar
                ) || '-' || day_policy.year_start as date
            )
        ) as started_on
    from enrolled
    inner join day_policy
        on enrolled.first_changed_on >= day_policy.valid_from
        and enrolled.first_changed_on <= day_policy.valid_to
),

placed as (
    select
        student_id,
        class_id,
        grade_level,
        enrollment_status,
        is_start_known,
        _version_order,
        case when place = 1 then started_on else greatest(changed_on, started_on) end as valid_from
    from started
),

-- Of versions that begin on one day only the last was ever in force for a day.
lasting as (
    select
        student_id,
        class_id,
        grade_level,
        enrollment_status,
        is_start_known,
        valid_from,
        row_number() over (partition by student_id, valid_from order by _version_order desc) as from_last
    from placed
),

compared as (
    select
        student_id,
        class_id,
        grade_level,
        enrollment_status,
        is_start_known,
        valid_from,
        row_number() over (partition by student_id order by valid_from) as place,
        lag(class_id) over (partition by student_id order by valid_from) as class_before,
        lag(grade_level) over (partition by student_id order by valid_from) as grade_before,
        lag(enrollment_status) over (partition by student_id order by valid_from) as status_before
    from lasting
    where from_last = 1
),

final as (
    select
        compared.student_id,
        compared.valid_from,
        cast(
            lead(compared.valid_from) over (partition by compared.student_id order by compared.valid_from)
            - interval 1 day as date
        ) as valid_to,
        row_number() over (partition by compared.student_id order by compared.valid_from) as version,
        lead(compared.valid_from) over (partition by compared.student_id order by compared.valid_from)
        is null as is_current,
        compared.class_id,
        compared.grade_level,
        coalesce(
            grade_word.grade_number,
            cast(
                nullif(regexp_extract(compared.grade_level, '^[^0-9]*([0-9]{1,2})([^0-9].*)?$', 1), '') as integer
            )
        ) as grade_number,
        compared.enrollment_status,
        coalesce(enrollment_code.is_active, false) as is_active,
        compared.is_start_known
    from compared
    left join enrollment_code on enrollment_code.code = compared.enrollment_status
    left join grade_word on grade_word.word = fold_code(compared.grade_level)
    where
        compared.place = 1
        or compared.class_id is distinct from compared.class_before
        or compared.grade_level is distinct from compared.grade_before
        or compared.enrollment_status <> compared.status_before
)

select * from final
